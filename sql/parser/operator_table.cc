#include "sql/parser/operator_table.h"

namespace millrace::sql {

absl::string_view OperatorText(Operator op) {
  switch (op) {
    case Operator::kOr: return "OR";
    case Operator::kAnd: return "AND";
    case Operator::kNot: return "NOT";
    case Operator::kEqual: return "=";
    case Operator::kNotEqual: return "<>";
    case Operator::kLess: return "<";
    case Operator::kLessOrEqual: return "<=";
    case Operator::kGreater: return ">";
    case Operator::kGreaterOrEqual: return ">=";
    case Operator::kIsDistinctFrom: return "IS DISTINCT FROM";
    case Operator::kIsNotDistinctFrom: return "IS NOT DISTINCT FROM";
    case Operator::kOverlaps: return "OVERLAPS";
    case Operator::kPlus: return "+";
    case Operator::kMinus: return "-";
    case Operator::kMultiply: return "*";
    case Operator::kDivide: return "/";
    case Operator::kModulo: return "%";
    case Operator::kConcat: return "||";
    case Operator::kNegate: return "-";
    case Operator::kUnaryPlus: return "+";
  }
  return "";
}

int PrecedenceOf(Operator op) {
  switch (op) {
    case Operator::kOr: return kOrPrecedence;
    case Operator::kAnd: return kAndPrecedence;
    case Operator::kNot: return kNotPrecedence;
    case Operator::kEqual:
    case Operator::kNotEqual:
    case Operator::kLess:
    case Operator::kLessOrEqual:
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
    case Operator::kIsDistinctFrom:
    case Operator::kIsNotDistinctFrom:
    case Operator::kOverlaps: return kComparisonPrecedence;
    case Operator::kPlus:
    case Operator::kMinus: return kAdditivePrecedence;
    case Operator::kMultiply:
    case Operator::kDivide:
    case Operator::kModulo:
    case Operator::kConcat: return kMultiplicativePrecedence;
    case Operator::kNegate:
    case Operator::kUnaryPlus: return kSignPrecedence;
  }
  return kAnyPrecedence;
}

int PrecedenceOf(const Expression& expression) {
  if (const auto* call = expression.As<OperatorCall>()) {
    return PrecedenceOf(call->op);
  }
  switch (expression.kind()) {
    case ExpressionKind::kIsTest: return kIsPrecedence;
    case ExpressionKind::kBetween:
    case ExpressionKind::kLike:
    case ExpressionKind::kIn: return kLikePrecedence;
    case ExpressionKind::kQuantifiedComparison: return kComparisonPrecedence;
    default: return kPrimaryPrecedence;
  }
}

}  // namespace millrace::sql
