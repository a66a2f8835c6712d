#include "sql/parser/hint_parser.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace::sql {

absl::StatusOr<std::vector<Hint>> HintParser::Parse() {
  std::vector<Hint> hints;
  if (!cursor_.At("/*+", 0)) return hints;
  const SourceLocation open = cursor_.Take().location;
  do {
    Hint hint;
    ASSIGN_OR_RETURN(hint.name, cursor_.TakeAnyName("the name of a hint"));
    const SourceLocation list = cursor_.Here();
    if (cursor_.Accept("(")) {
      if (!cursor_.At(")")) {
        do {
          ASSIGN_OR_RETURN(HintArgument argument, ParseArgument());
          hint.arguments.push_back(std::move(argument));
        } while (cursor_.Accept(","));
      }
      RETURN_IF_ERROR(cursor_.ExpectClosing(")", list));
    }
    hints.push_back(std::move(hint));
  } while (cursor_.Accept(",") || !cursor_.At("*/"));
  RETURN_IF_ERROR(cursor_.ExpectClosing("*/", open));
  return hints;
}

// t, a.b, 'x', 12, 'k' = 'v', k = v
absl::StatusOr<HintArgument> HintParser::ParseArgument() {
  const SourceLocation start = cursor_.Here();
  HintArgument argument;
  const auto take = [&](std::string& text,
                        bool& is_string) -> absl::Status {
    const TokenKind kind = cursor_.Peek().kind;
    is_string = kind == TokenKind::kString;
    if (is_string || kind == TokenKind::kExact ||
        kind == TokenKind::kApproximate) {
      text = cursor_.Take().text;
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const Name name,
                     cursor_.TakeAnyName("a name or a string"));
    text = name.text;
    while (cursor_.Accept(".")) {
      ASSIGN_OR_RETURN(const Name part, cursor_.TakeAnyName("a name"));
      absl::StrAppend(&text, ".", part.text);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(take(argument.value, argument.value_is_string));
  if (cursor_.Accept("=")) {
    argument.key = std::move(argument.value);
    argument.key_is_string = argument.value_is_string;
    RETURN_IF_ERROR(take(argument.value, argument.value_is_string));
  }
  argument.location = cursor_.Since(start);
  return argument;
}

}  // namespace millrace::sql
