#include "sql/binder/operator_binder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/coercion.h"
#include "sql/binder/literal_binder.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

Expr Junction(Expr::Kind kind, std::vector<Expr> conditions) {
  if (conditions.size() == 1) return std::move(conditions[0]);
  std::vector<Expr> flat;
  bool nullable = false;
  for (Expr& condition : conditions) {
    nullable |= condition.type.nullable();
    if (condition.kind == kind) {
      std::move(condition.args.begin(), condition.args.end(),
                std::back_inserter(flat));
    } else {
      flat.push_back(std::move(condition));
    }
  }
  return Expr::Lazy(kind, LogicalType::Boolean().WithNullable(nullable),
                    std::move(flat));
}

absl::StatusOr<Expr> BindJunction(ExpressionBinder& binder,
                                  const OperatorCall& call) {
  std::vector<Expr> conditions;
  for (const ExpressionPtr& operand : call.operands) {
    ASSIGN_OR_RETURN(Expr bound, binder.BindPredicate(
                                     *operand, OperatorText(call.op)));
    conditions.push_back(std::move(bound));
  }
  return Junction(call.op == Operator::kAnd ? Expr::Kind::kAnd
                                            : Expr::Kind::kOr,
                  std::move(conditions));
}

// (start, end) OVERLAPS (start, interval): the four values, in order.
absl::StatusOr<Expr> BindOverlaps(ExpressionBinder& binder,
                                  const OperatorCall& call,
                                  const SourceLocation& location) {
  std::vector<Expr> args;
  for (const ExpressionPtr& period : call.operands) {
    const auto* row = period->As<Constructor>();
    if (row == nullptr || row->elements.size() != 2) {
      return SqlError({.code = "SQL-0118",
                       .location = period->location,
                       .what = "OVERLAPS compares periods",
                       .why = "a period is (start, end) or (start, interval)",
                       .fix = {}});
    }
    for (const ExpressionPtr& bound : row->elements) {
      ASSIGN_OR_RETURN(Expr value, binder.Bind(*bound));
      args.push_back(std::move(value));
    }
  }
  return binder.Call("OVERLAPS", std::move(args), location);
}

bool IsComparison(Operator op) {
  return op >= Operator::kEqual && op <= Operator::kIsNotDistinctFrom;
}

absl::StatusOr<Expr> BindNegation(ExpressionBinder& binder,
                                  const OperatorCall& call,
                                  const SourceLocation& location) {
  ASSIGN_OR_RETURN(Expr operand, binder.Bind(*call.operands[0]));
  if (operand.kind == Expr::Kind::kLiteral &&
      (operand.type.IsNumeric() || operand.type.IsInterval())) {
    return NegateLiteral(std::move(operand));
  }
  return binder.Call("NEGATE", {std::move(operand)}, location);
}

}  // namespace

Expr AnyOf(std::vector<Expr> conditions) {
  return Junction(Expr::Kind::kOr, std::move(conditions));
}

Expr Both(Expr a, Expr b) {
  std::vector<Expr> both;
  both.push_back(std::move(a));
  both.push_back(std::move(b));
  return Junction(Expr::Kind::kAnd, std::move(both));
}

absl::StatusOr<Expr> BindOperator(ExpressionBinder& binder,
                                  const OperatorCall& call,
                                  const SourceLocation& location) {
  switch (call.op) {
    case Operator::kAnd:
    case Operator::kOr:
      return BindJunction(binder, call);
    case Operator::kNot: {
      ASSIGN_OR_RETURN(Expr operand,
                       binder.BindPredicate(*call.operands[0], "NOT"));
      return binder.Call("NOT", {std::move(operand)}, location);
    }
    case Operator::kOverlaps:
      return BindOverlaps(binder, call, location);
    case Operator::kNegate:
      return BindNegation(binder, call, location);
    case Operator::kUnaryPlus:
      return binder.Bind(*call.operands[0]);
    default: {
      ASSIGN_OR_RETURN(std::vector<Expr> args, binder.BindAll(call.operands));
      if (IsComparison(call.op)) FitLiterals(args);
      return binder.Call(OperatorText(call.op), std::move(args),
                         call.operator_location);
    }
  }
}

}  // namespace millrace::sql
