#include "sql/parser/call_parser.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/json_call_parser.h"
#include "sql/parser/node_builder.h"
#include "sql/parser/syntax_call_parser.h"
#include "sql/parser/table_parser.h"
#include "sql/parser/window_parser.h"

namespace millrace::sql {

absl::StatusOr<ExpressionPtr> CallParser::Parse(ObjectName name) {
  RETURN_IF_ERROR(cursor_.Enter(1));
  const NestingScope scope(cursor_, 1);
  const SourceLocation start = name.location;
  FunctionCall call{.name = std::move(name)};
  const SourceLocation open = cursor_.Take().location;
  bool special = false;
  const Name& first = call.name.parts[0];
  if (call.name.parts.size() == 1 && !first.quoted) {
    const std::string upper = absl::AsciiStrToUpper(first.text);
    ASSIGN_OR_RETURN(special, SyntaxCallParser(cursor_).Parse(upper, call));
    if (!special) {
      ASSIGN_OR_RETURN(special, JsonCallParser(cursor_).Parse(upper, call));
    }
  }
  if (!special) RETURN_IF_ERROR(ParseArguments(call));
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  RETURN_IF_ERROR(ParseTail(call));
  return Build(cursor_, start, std::move(call));
}

absl::StatusOr<ExpressionPtr> CallParser::ParseTableFunction() {
  ASSIGN_OR_RETURN(ObjectName name,
                   cursor_.TakeObjectName("the name of a table function"));
  if (!cursor_.At("(")) return cursor_.Unexpected();
  return Parse(std::move(name));
}

absl::Status CallParser::ParseArguments(FunctionCall& call) {
  if (cursor_.At(")")) return absl::OkStatus();
  if (cursor_.At("*", 0) && cursor_.At(")", 1)) {
    cursor_.Take();
    call.star = true;
    return absl::OkStatus();
  }
  if (cursor_.Accept("DISTINCT")) {
    call.quantifier = SetQuantifier::kDistinct;
  } else if (cursor_.Accept("ALL")) {
    call.quantifier = SetQuantifier::kAll;
  }
  do {
    FunctionArgument argument;
    if (cursor_.At("=>", 1)) {
      ASSIGN_OR_RETURN(argument.name,
                       cursor_.TakeAnyName("the name of an argument"));
      cursor_.Take();
    }
    ASSIGN_OR_RETURN(argument.value, ParseArgument());
    call.arguments.push_back(std::move(argument));
  } while (cursor_.Accept(","));
  if (cursor_.Accept("ORDER")) {
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    ASSIGN_OR_RETURN(call.order_by,
                     ExpressionParser(cursor_).ParseOrderItems());
  }
  return absl::OkStatus();
}

absl::StatusOr<ExpressionPtr> CallParser::ParseArgument() {
  const SourceLocation start = cursor_.Here();
  if (cursor_.At("TABLE", 0)) return ParseTableArgument();
  const bool alone = cursor_.At(",", 1) || cursor_.At(")", 1);
  if (cursor_.At("DEFAULT", 0) && alone) {
    cursor_.Take();
    return Build(cursor_, start, Symbol{.word = "DEFAULT"});
  }
  return ExpressionParser(cursor_).Parse();
}

// TABLE t [PARTITION BY a | (a, b)] [ORDER BY a | (a, b)], TABLE (query)
absl::StatusOr<ExpressionPtr> CallParser::ParseTableArgument() {
  const SourceLocation start = cursor_.Take().location;
  TableArgument node;
  ASSIGN_OR_RETURN(node.table, TableParser(cursor_).ParseArgumentTable());
  ExpressionParser expressions(cursor_);
  if (cursor_.Accept("PARTITION")) {
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    const SourceLocation open = cursor_.Here();
    if (cursor_.Accept("(")) {
      ASSIGN_OR_RETURN(node.partition_by, expressions.ParseList());
      RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
    } else {
      ASSIGN_OR_RETURN(ExpressionPtr key, expressions.Parse());
      node.partition_by.push_back(std::move(key));
    }
  }
  if (cursor_.Accept("ORDER")) {
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    const SourceLocation open = cursor_.Here();
    if (cursor_.Accept("(")) {
      ASSIGN_OR_RETURN(node.order_by, expressions.ParseOrderItems());
      RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
    } else {
      OrderItem item;
      ASSIGN_OR_RETURN(item.expression, expressions.Parse());
      item.descending = cursor_.Accept("DESC");
      if (!item.descending) cursor_.Accept("ASC");
      node.order_by.push_back(std::move(item));
    }
  }
  return Build(cursor_, start, std::move(node));
}

absl::Status CallParser::ParseTail(FunctionCall& call) {
  ExpressionParser expressions(cursor_);
  if ((cursor_.At("IGNORE", 0) || cursor_.At("RESPECT", 0)) &&
      cursor_.At("NULLS", 1)) {
    call.null_treatment = cursor_.Take().match == "IGNORE"
                              ? NullTreatment::kIgnoreNulls
                              : NullTreatment::kRespectNulls;
    cursor_.Take();
  }
  if (cursor_.At("WITHIN", 0) && cursor_.At("GROUP", 1)) {
    cursor_.Take();
    cursor_.Take();
    const SourceLocation open = cursor_.Here();
    RETURN_IF_ERROR(cursor_.Expect("("));
    RETURN_IF_ERROR(cursor_.Expect("ORDER"));
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    ASSIGN_OR_RETURN(call.within_group, expressions.ParseOrderItems());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  }
  if (cursor_.At("FILTER", 0) && cursor_.At("(", 1)) {
    cursor_.Take();
    const SourceLocation open = cursor_.Take().location;
    RETURN_IF_ERROR(cursor_.Expect("WHERE"));
    ASSIGN_OR_RETURN(call.filter, expressions.Parse());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  }
  if (cursor_.At("OVER", 0)) {
    cursor_.Take();
    ASSIGN_OR_RETURN(call.over, WindowParser(cursor_).ParseOver());
  }
  return absl::OkStatus();
}

}  // namespace millrace::sql
