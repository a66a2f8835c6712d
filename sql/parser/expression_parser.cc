#include "sql/parser/expression_parser.h"

#include <optional>
#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/node_builder.h"
#include "sql/parser/predicate_parser.h"
#include "sql/parser/primary_parser.h"
#include "sql/parser/query_parser.h"

namespace millrace::sql {
namespace {

std::optional<Operator> BinaryOperator(absl::string_view match) {
  struct Entry {
    absl::string_view match;
    Operator op;
  };
  static constexpr Entry kEntries[] = {
      {"OR", Operator::kOr},           {"AND", Operator::kAnd},
      {"=", Operator::kEqual},         {"<>", Operator::kNotEqual},
      {"!=", Operator::kNotEqual},     {"<", Operator::kLess},
      {"<=", Operator::kLessOrEqual},  {">", Operator::kGreater},
      {">=", Operator::kGreaterOrEqual},
      {"OVERLAPS", Operator::kOverlaps},
      {"+", Operator::kPlus},          {"-", Operator::kMinus},
      {"*", Operator::kMultiply},      {"/", Operator::kDivide},
      {"%", Operator::kModulo},        {"||", Operator::kConcat},
  };
  for (const Entry& entry : kEntries) {
    if (entry.match == match) return entry.op;
  }
  return std::nullopt;
}

bool IsComparison(Operator op) {
  return op >= Operator::kEqual && op <= Operator::kGreaterOrEqual;
}

bool IsChain(Operator op) {
  return op == Operator::kAnd || op == Operator::kOr;
}

}  // namespace

absl::StatusOr<ExpressionPtr> ExpressionParser::Parse(int lowest) {
  RETURN_IF_ERROR(cursor_.Enter(1));
  const NestingScope scope(cursor_, 1);
  const SourceLocation start = cursor_.Here();
  ASSIGN_OR_RETURN(ExpressionPtr left, ParsePrefix());
  // An AND without parentheses that more operands may join.
  bool left_is_chain = false;
  while (true) {
    ASSIGN_OR_RETURN(ExpressionPtr wider,
                     ParseOperator(start, left, left_is_chain, lowest));
    if (!wider) return left;
    left = std::move(wider);
    const auto* call = left->As<OperatorCall>();
    left_is_chain = call && IsChain(call->op);
  }
}

absl::StatusOr<ExpressionPtr> ExpressionParser::ParsePrefix() {
  const Token& token = cursor_.Peek();
  std::optional<Operator> op;
  if (token.match == "-") op = Operator::kNegate;
  if (token.match == "+") op = Operator::kUnaryPlus;
  if (token.match == "NOT") op = Operator::kNot;
  if (!op) return PrimaryParser(cursor_).Parse();
  cursor_.Take();
  OperatorCall call{.op = *op, .operator_location = token.location};
  ASSIGN_OR_RETURN(ExpressionPtr operand, Parse(PrecedenceOf(*op)));
  call.operands.push_back(std::move(operand));
  return Build(cursor_, token.location, std::move(call));
}

absl::StatusOr<ExpressionPtr> ExpressionParser::ParseOperator(
    const SourceLocation& start, ExpressionPtr& left, bool left_is_chain,
    int lowest) {
  const Token& token = cursor_.Peek();
  const auto op = BinaryOperator(token.match);
  if (!op) return PredicateParser(cursor_).Parse(start, left, lowest);
  const int precedence = PrecedenceOf(*op);
  if (precedence < lowest) return nullptr;
  cursor_.Take();
  if (IsComparison(*op) &&
      (cursor_.At("ANY", 0) || cursor_.At("SOME", 0) || cursor_.At("ALL", 0))) {
    return ParseQuantified(start, std::move(left), *op);
  }
  ASSIGN_OR_RETURN(ExpressionPtr right, Parse(precedence + 1));
  OperatorCall call{.op = *op, .operator_location = token.location};
  auto* chain = std::get_if<OperatorCall>(&left->node);
  if (left_is_chain && chain->op == *op) {
    const int32_t height = std::max(left->height, right->height + 1);
    chain->operands.push_back(std::move(right));
    left->height = height;
    left->location = cursor_.Since(start);
    RETURN_IF_ERROR(cursor_.CheckHeight(height, start));
    return std::move(left);
  }
  call.operands.push_back(std::move(left));
  call.operands.push_back(std::move(right));
  return Build(cursor_, start, std::move(call));
}

// = ANY (query), < ALL (1, 2)
absl::StatusOr<ExpressionPtr> ExpressionParser::ParseQuantified(
    const SourceLocation& start, ExpressionPtr left, Operator op) {
  QuantifiedComparison node{.op = op, .all = cursor_.Take().match == "ALL"};
  node.value = std::move(left);
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("("));
  if (QueryParser::IsAhead(cursor_, 0)) {
    ASSIGN_OR_RETURN(node.query, QueryParser(cursor_).Parse());
  } else {
    ASSIGN_OR_RETURN(node.list, ParseList());
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return Build(cursor_, start, std::move(node));
}

absl::StatusOr<std::vector<ExpressionPtr>> ExpressionParser::ParseList() {
  std::vector<ExpressionPtr> list;
  do {
    ASSIGN_OR_RETURN(ExpressionPtr item, Parse());
    list.push_back(std::move(item));
  } while (cursor_.Accept(","));
  return list;
}

absl::StatusOr<std::vector<OrderItem>> ExpressionParser::ParseOrderItems() {
  std::vector<OrderItem> items;
  do {
    OrderItem item;
    ASSIGN_OR_RETURN(item.expression, Parse());
    item.descending = cursor_.Accept("DESC");
    if (!item.descending) cursor_.Accept("ASC");
    if (cursor_.Accept("NULLS")) {
      const bool first = cursor_.Accept("FIRST");
      if (!first) RETURN_IF_ERROR(cursor_.Expect("LAST"));
      item.nulls = first ? NullsOrder::kFirst : NullsOrder::kLast;
    }
    items.push_back(std::move(item));
  } while (cursor_.Accept(","));
  return items;
}

}  // namespace millrace::sql
