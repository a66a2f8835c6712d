#include "sql/parser/syntax_call_parser.h"

#include <string>
#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/node_builder.h"

namespace millrace::sql {

absl::StatusOr<bool> SyntaxCallParser::Parse(absl::string_view name,
                                             FunctionCall& call) {
  using Production = absl::Status (SyntaxCallParser::*)(FunctionCall&);
  struct Entry {
    absl::string_view name;
    Production production;
  };
  static constexpr Entry kEntries[] = {
      {"EXTRACT", &SyntaxCallParser::ParseExtract},
      {"POSITION", &SyntaxCallParser::ParsePosition},
      {"SUBSTRING", &SyntaxCallParser::ParseSubstring},
      {"OVERLAY", &SyntaxCallParser::ParseOverlay},
      {"TRIM", &SyntaxCallParser::ParseTrim},
      {"FLOOR", &SyntaxCallParser::ParseFloor},
      {"CEIL", &SyntaxCallParser::ParseFloor},
      {"CEILING", &SyntaxCallParser::ParseFloor},
      {"TIMESTAMPADD", &SyntaxCallParser::ParseTimestampCall},
      {"TIMESTAMPDIFF", &SyntaxCallParser::ParseTimestampCall},
  };
  for (const Entry& entry : kEntries) {
    if (entry.name != name) continue;
    // Without arguments the binder says what the function wants.
    if (!cursor_.At(")", 0)) RETURN_IF_ERROR((this->*entry.production)(call));
    return true;
  }
  return false;
}

absl::Status SyntaxCallParser::Add(FunctionCall& call, int lowest) {
  FunctionArgument argument;
  ASSIGN_OR_RETURN(argument.value, ExpressionParser(cursor_).Parse(lowest));
  call.arguments.push_back(std::move(argument));
  return absl::OkStatus();
}

absl::Status SyntaxCallParser::AddRest(FunctionCall& call) {
  while (cursor_.Accept(",")) RETURN_IF_ERROR(Add(call));
  return absl::OkStatus();
}

absl::Status SyntaxCallParser::AddUnit(FunctionCall& call) {
  const Token& token = cursor_.Peek();
  const auto unit =
      token.kind == TokenKind::kWord ? UnitOf(token.match) : std::nullopt;
  if (!unit) {
    for (int i = static_cast<int>(TimeUnit::kYear); i >= 0; --i) {
      cursor_.At(UnitName(static_cast<TimeUnit>(i)));
    }
    return cursor_.Unexpected("a unit of time such as YEAR, DAY or SECOND");
  }
  cursor_.Take();
  FunctionArgument argument;
  ASSIGN_OR_RETURN(argument.value,
                   Build(cursor_, token.location,
                         Symbol{.word = std::string(UnitName(*unit))}));
  call.arguments.push_back(std::move(argument));
  return absl::OkStatus();
}

absl::Status SyntaxCallParser::ParseExtract(FunctionCall& call) {
  RETURN_IF_ERROR(AddUnit(call));
  RETURN_IF_ERROR(cursor_.Expect("FROM"));
  return Add(call);
}

absl::Status SyntaxCallParser::ParsePosition(FunctionCall& call) {
  RETURN_IF_ERROR(Add(call, kLikePrecedence + 1));  // Stops at IN.
  if (cursor_.At(",")) return AddRest(call);
  RETURN_IF_ERROR(cursor_.Expect("IN"));
  RETURN_IF_ERROR(Add(call));
  return cursor_.Accept("FROM") ? Add(call) : absl::OkStatus();
}

absl::Status SyntaxCallParser::ParseSubstring(FunctionCall& call) {
  RETURN_IF_ERROR(Add(call));
  if (!cursor_.Accept("FROM")) return AddRest(call);
  RETURN_IF_ERROR(Add(call));
  return cursor_.Accept("FOR") ? Add(call) : absl::OkStatus();
}

absl::Status SyntaxCallParser::ParseOverlay(FunctionCall& call) {
  RETURN_IF_ERROR(Add(call));
  if (cursor_.At(",")) return AddRest(call);
  RETURN_IF_ERROR(cursor_.Expect("PLACING"));
  RETURN_IF_ERROR(Add(call));
  RETURN_IF_ERROR(cursor_.Expect("FROM"));
  RETURN_IF_ERROR(Add(call));
  return cursor_.Accept("FOR") ? Add(call) : absl::OkStatus();
}

absl::Status SyntaxCallParser::ParseTrim(FunctionCall& call) {
  const SourceLocation start = cursor_.Here();
  const absl::string_view word = cursor_.Peek().match;
  const bool side = (word == "BOTH" || word == "LEADING" ||
                     word == "TRAILING") &&
                    !cursor_.At(")", 1);
  const auto add = [&](Expression::Node node) {
    call.arguments.push_back({.value = MakeExpression(start, std::move(node))});
  };
  if (side) cursor_.Take();
  add(Symbol{.word = side ? std::string(word) : "BOTH"});
  if (!cursor_.At("FROM", 0)) {
    RETURN_IF_ERROR(Add(call));
    if (!side && !cursor_.At("FROM")) {
      // TRIM(x): the one argument goes behind the characters.
      add(Literal{.kind = LiteralKind::kString, .text = " "});
      std::swap(call.arguments[1], call.arguments[2]);
      return AddRest(call);
    }
  } else {
    add(Literal{.kind = LiteralKind::kString, .text = " "});
  }
  RETURN_IF_ERROR(cursor_.Expect("FROM"));
  return Add(call);
}

absl::Status SyntaxCallParser::ParseFloor(FunctionCall& call) {
  RETURN_IF_ERROR(Add(call));
  return cursor_.Accept("TO") ? AddUnit(call) : AddRest(call);
}

absl::Status SyntaxCallParser::ParseTimestampCall(FunctionCall& call) {
  RETURN_IF_ERROR(AddUnit(call));
  return AddRest(call);
}

}  // namespace millrace::sql
