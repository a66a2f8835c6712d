#include "sql/parser/option_parser.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace::sql {

absl::StatusOr<OptionDefinition> OptionParser::ParsePair() {
  OptionDefinition option;
  option.key_location = cursor_.Here();
  ASSIGN_OR_RETURN(option.key,
                   cursor_.TakeString("an option's key in quotes, as in "
                                      "'connector' = 'kafka'"));
  RETURN_IF_ERROR(cursor_.Expect("="));
  option.value_location = cursor_.Here();
  ASSIGN_OR_RETURN(option.value,
                   cursor_.TakeString("the option's value in quotes"));
  return option;
}

absl::StatusOr<std::vector<OptionDefinition>> OptionParser::ParseList() {
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("("));
  std::vector<OptionDefinition> options;
  if (!cursor_.At(")")) {
    do {
      ASSIGN_OR_RETURN(OptionDefinition option, ParsePair());
      options.push_back(std::move(option));
    } while (cursor_.Accept(","));
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return options;
}

absl::StatusOr<std::string> OptionParser::ParseKey() {
  if (cursor_.Peek().kind == TokenKind::kString) return cursor_.Take().text;
  const SourceLocation start = cursor_.Here();
  ASSIGN_OR_RETURN(const Name first,
                   cursor_.TakeAnyName("an option's key in quotes"));
  SourceLocation all = first.location;
  // Keys hold dots and dashes, which are tokens of their own.
  while (!cursor_.AtEnd() && !cursor_.At("=", 0) && !cursor_.At(";", 0)) {
    all = Span(start, cursor_.Take().location);
  }
  return std::string(cursor_.TextOf(all));
}

absl::StatusOr<OptionDefinition> OptionParser::ParseSetting() {
  if (cursor_.Peek().kind == TokenKind::kString) return ParsePair();
  OptionDefinition option;
  option.key_location = cursor_.Here();
  ASSIGN_OR_RETURN(option.key, ParseKey());
  option.key_location = cursor_.Since(option.key_location);
  RETURN_IF_ERROR(cursor_.Expect("="));
  option.value_location = cursor_.Here();
  if (cursor_.Peek().kind == TokenKind::kString) {
    option.value = cursor_.Take().text;
    return option;
  }
  while (!cursor_.AtEnd() && !cursor_.At(";", 0)) cursor_.Take();
  option.value_location = cursor_.Since(option.value_location);
  if (option.value_location.offset < cursor_.Here().offset) {
    option.value = std::string(cursor_.TextOf(option.value_location));
  }
  return option;
}

}  // namespace millrace::sql
