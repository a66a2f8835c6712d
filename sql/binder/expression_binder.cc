#include "sql/binder/expression_binder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/call_resolver.h"
#include "sql/binder/cast_binder.h"
#include "sql/binder/conditional_binder.h"
#include "sql/binder/constructor_binder.h"
#include "sql/binder/function_call_binder.h"
#include "sql/binder/literal_binder.h"
#include "sql/binder/operator_binder.h"
#include "sql/binder/predicate_binder.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {

absl::StatusOr<Expr> ExpressionBinder::Call(absl::string_view name,
                                            std::vector<Expr> args,
                                            const SourceLocation& location) {
  return ResolveCall(*context_->functions, name, std::move(args), location);
}

ExpressionBinder ExpressionBinder::InsideAggregate() const {
  ExpressionBinder inner = *this;
  inner.inside_aggregate_ = true;
  return inner;
}

absl::StatusOr<std::vector<Expr>> ExpressionBinder::BindAll(
    const std::vector<ExpressionPtr>& expressions) {
  std::vector<Expr> bound;
  bound.reserve(expressions.size());
  for (const ExpressionPtr& expression : expressions) {
    ASSIGN_OR_RETURN(Expr one, Bind(*expression));
    bound.push_back(std::move(one));
  }
  return bound;
}

absl::StatusOr<Expr> ExpressionBinder::BindPredicate(
    const Expression& expression, absl::string_view clause) {
  ASSIGN_OR_RETURN(Expr bound, Bind(expression));
  if (bound.type.Is(TypeRoot::kNull)) {
    bound.type = LogicalType::Boolean();
  }
  if (!bound.type.Is(TypeRoot::kBoolean)) {
    return SqlError({.code = "SQL-0117",
                     .location = expression.location,
                     .what = absl::StrCat("the condition of ", clause,
                                          " is of type ",
                                          bound.type.ToString()),
                     .why = "it must be a BOOLEAN",
                     .fix = {}});
  }
  return bound;
}

absl::StatusOr<Expr> ExpressionBinder::Bind(const Expression& expression) {
  return BindNode(expression);
}

absl::StatusOr<Expr> ExpressionBinder::BindNode(const Expression& expression) {
  const SourceLocation& at = expression.location;
  switch (expression.kind()) {
    case ExpressionKind::kLiteral:
      return BindLiteral(*expression.As<Literal>(), at);
    case ExpressionKind::kIntervalLiteral:
      return BindInterval(*expression.As<IntervalLiteral>(), at);
    case ExpressionKind::kColumnReference:
      return scope_->Resolve(expression.As<ColumnReference>()->name);
    case ExpressionKind::kOperatorCall:
      return BindOperator(*this, *expression.As<OperatorCall>(), at);
    case ExpressionKind::kIsTest:
      return BindIsTest(*this, *expression.As<IsTest>(), at);
    case ExpressionKind::kBetween:
      return BindBetween(*this, *expression.As<Between>(), at);
    case ExpressionKind::kLike:
      return BindLike(*this, *expression.As<Like>(), at);
    case ExpressionKind::kIn:
      return BindIn(*this, *expression.As<In>(), at);
    case ExpressionKind::kCase:
      return BindCase(*this, *expression.As<Case>(), at);
    case ExpressionKind::kCast:
      return BindCast(*this, *expression.As<Cast>(), at);
    case ExpressionKind::kConstructor:
      return BindConstructor(*this, *expression.As<Constructor>(), at);
    case ExpressionKind::kElementAccess:
      return BindElementAccess(*this, *expression.As<ElementAccess>(), at);
    case ExpressionKind::kFieldAccess: {
      const auto& access = *expression.As<FieldAccess>();
      ASSIGN_OR_RETURN(Expr base, Bind(*access.base));
      return FieldOf(std::move(base), access.field);
    }
    case ExpressionKind::kFunctionCall:
      return BindFunctionCall(*this, *expression.As<FunctionCall>(), at);
    default:
      return BindOther(expression);
  }
}

absl::StatusOr<Expr> ExpressionBinder::BindOther(
    const Expression& expression) {
  const SourceLocation& at = expression.location;
  switch (expression.kind()) {
    case ExpressionKind::kStar:
      return SqlError({.code = "SQL-0112",
                       .location = at,
                       .what = "`*` cannot stand here",
                       .why = "it stands for all columns, alone in SELECT",
                       .fix = {}});
    case ExpressionKind::kQuantifiedComparison:
      return NotBuiltYet(at, "a comparison with ANY or ALL");
    case ExpressionKind::kExists:
      return NotBuiltYet(at, "EXISTS (query)");
    case ExpressionKind::kSubquery:
      return NotBuiltYet(at, "a sub-query as a value");
    case ExpressionKind::kDescriptor:
      return SqlError({.code = "SQL-0118",
                       .location = at,
                       .what = "DESCRIPTOR cannot stand here",
                       .why = "it names a column to a window function",
                       .fix = {}});
    case ExpressionKind::kSymbol:
      return SqlError({.code = "SQL-0118",
                       .location = at,
                       .what = absl::StrCat(expression.As<Symbol>()->word,
                                            " cannot stand here"),
                       .why = {},
                       .fix = {}});
    case ExpressionKind::kTableArgument:
      return SqlError({.code = "SQL-0118",
                       .location = at,
                       .what = "a table cannot be an argument here",
                       .why = "only table functions in FROM take one",
                       .fix = {}});
    default:
      return absl::InternalError("expression of an unknown kind");
  }
}

std::string NameOf(const Expression& expression) {
  if (const auto* column = expression.As<ColumnReference>()) {
    return column->name.parts.back().text;
  }
  if (const auto* field = expression.As<FieldAccess>()) {
    return field->field.text;
  }
  return "";
}

}  // namespace millrace::sql
