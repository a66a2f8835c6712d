#include "sql/parser/predicate_parser.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/node_builder.h"
#include "sql/parser/operator_table.h"
#include "sql/parser/query_parser.h"

namespace millrace::sql {

absl::StatusOr<ExpressionPtr> PredicateParser::Parse(
    const SourceLocation& start, ExpressionPtr& left, int lowest) {
  if (cursor_.At("IS", 0)) return ParseIs(start, left, lowest);
  if (lowest > kLikePrecedence) return nullptr;
  const bool negated = cursor_.At("NOT", 0);
  const absl::string_view word = cursor_.Peek(negated ? 1 : 0).match;
  const bool known = word == "IN" || word == "LIKE" || word == "SIMILAR" ||
                     word == "BETWEEN";
  if (!known) return nullptr;
  if (negated) cursor_.Take();
  if (word == "IN") return ParseIn(start, std::move(left), negated);
  if (word == "BETWEEN") return ParseBetween(start, std::move(left), negated);
  return ParseLike(start, std::move(left), negated);
}

absl::StatusOr<ExpressionPtr> PredicateParser::ParseIs(
    const SourceLocation& start, ExpressionPtr& left, int lowest) {
  const bool negated = cursor_.At("NOT", 1);
  const bool distinct = cursor_.At("DISTINCT", negated ? 2 : 1);
  if (lowest > (distinct ? kComparisonPrecedence : kIsPrecedence)) {
    return nullptr;
  }
  const SourceLocation operator_start = cursor_.Take().location;
  if (negated) cursor_.Take();
  if (!distinct) {
    IsTest node{.negated = negated};
    ASSIGN_OR_RETURN(node.test, ParseTest());
    node.operand = std::move(left);
    return Build(cursor_, start, std::move(node));
  }
  cursor_.Take();
  RETURN_IF_ERROR(cursor_.Expect("FROM"));
  OperatorCall call{.op = negated ? Operator::kIsNotDistinctFrom
                                  : Operator::kIsDistinctFrom,
                    .operator_location = cursor_.Since(operator_start)};
  ASSIGN_OR_RETURN(ExpressionPtr right, ExpressionParser(cursor_).Parse(
                                            kComparisonPrecedence + 1));
  call.operands.push_back(std::move(left));
  call.operands.push_back(std::move(right));
  return Build(cursor_, start, std::move(call));
}

absl::StatusOr<TruthTest> PredicateParser::ParseTest() {
  if (cursor_.Accept("NULL")) return TruthTest::kNull;
  if (cursor_.Accept("TRUE")) return TruthTest::kTrue;
  if (cursor_.Accept("FALSE")) return TruthTest::kFalse;
  if (cursor_.Accept("UNKNOWN")) return TruthTest::kUnknown;
  if (cursor_.Accept("JSON")) {
    if (cursor_.Accept("OBJECT")) return TruthTest::kJsonObject;
    if (cursor_.Accept("ARRAY")) return TruthTest::kJsonArray;
    if (cursor_.Accept("SCALAR")) return TruthTest::kJsonScalar;
    cursor_.Accept("VALUE");
    return TruthTest::kJsonValue;
  }
  cursor_.At("DISTINCT");  // Names it in the error.
  return cursor_.Unexpected();
}

absl::StatusOr<ExpressionPtr> PredicateParser::ParseIn(
    const SourceLocation& start, ExpressionPtr left, bool negated) {
  cursor_.Take();
  In node{.negated = negated};
  node.value = std::move(left);
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("("));
  if (QueryParser::IsAhead(cursor_, 0)) {
    ASSIGN_OR_RETURN(node.query, QueryParser(cursor_).Parse());
  } else {
    ASSIGN_OR_RETURN(node.list, ExpressionParser(cursor_).ParseList());
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return Build(cursor_, start, std::move(node));
}

absl::StatusOr<ExpressionPtr> PredicateParser::ParseLike(
    const SourceLocation& start, ExpressionPtr left, bool negated) {
  Like node{.negated = negated};
  if (cursor_.Take().match == "SIMILAR") {
    node.kind = PatternKind::kSimilarTo;
    RETURN_IF_ERROR(cursor_.Expect("TO"));
  }
  node.value = std::move(left);
  ExpressionParser expressions(cursor_);
  ASSIGN_OR_RETURN(node.pattern, expressions.Parse(kLikePrecedence + 1));
  if (cursor_.Accept("ESCAPE")) {
    ASSIGN_OR_RETURN(node.escape, expressions.Parse(kLikePrecedence + 1));
  }
  return Build(cursor_, start, std::move(node));
}

absl::StatusOr<ExpressionPtr> PredicateParser::ParseBetween(
    const SourceLocation& start, ExpressionPtr left, bool negated) {
  cursor_.Take();
  Between node{.negated = negated};
  node.symmetric = cursor_.Accept("SYMMETRIC");
  if (!node.symmetric) cursor_.Accept("ASYMMETRIC");
  node.value = std::move(left);
  ExpressionParser expressions(cursor_);
  // The lower bound ends at its AND, the upper at whatever binds looser.
  ASSIGN_OR_RETURN(node.low, expressions.Parse(kAndPrecedence + 1));
  RETURN_IF_ERROR(cursor_.Expect("AND"));
  ASSIGN_OR_RETURN(node.high, expressions.Parse(kLikePrecedence + 1));
  return Build(cursor_, start, std::move(node));
}

}  // namespace millrace::sql
