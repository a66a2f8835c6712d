#include "sql/binder/predicate_binder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/type_coercion.h"
#include "sql/binder/call_resolver.h"
#include "sql/binder/coercion.h"
#include "sql/binder/operator_binder.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

absl::string_view TestName(TruthTest test, bool negated) {
  switch (test) {
    case TruthTest::kNull: return negated ? "IS NOT NULL" : "IS NULL";
    case TruthTest::kUnknown:
      return negated ? "IS NOT UNKNOWN" : "IS UNKNOWN";
    case TruthTest::kTrue: return negated ? "IS NOT TRUE" : "IS TRUE";
    case TruthTest::kFalse: return negated ? "IS NOT FALSE" : "IS FALSE";
    default: return "IS JSON";
  }
}

absl::StatusOr<Expr> Negated(ExpressionBinder& binder, bool negated,
                             Expr condition, const SourceLocation& location) {
  if (!negated) return condition;
  return binder.Call("NOT", {std::move(condition)}, location);
}

// low <= value AND value <= high
absl::StatusOr<Expr> Within(ExpressionBinder& binder, const Expr& value,
                            const Expr& low, const Expr& high,
                            const SourceLocation& location) {
  std::vector<Expr> from = {value, low};
  std::vector<Expr> to = {value, high};
  FitLiterals(from);
  FitLiterals(to);
  ASSIGN_OR_RETURN(Expr above, binder.Call(">=", std::move(from), location));
  ASSIGN_OR_RETURN(Expr below, binder.Call("<=", std::move(to), location));
  return Both(std::move(above), std::move(below));
}

}  // namespace

absl::StatusOr<Expr> BindIsTest(ExpressionBinder& binder, const IsTest& test,
                                const SourceLocation& location) {
  ASSIGN_OR_RETURN(Expr operand, binder.Bind(*test.operand));
  const absl::string_view name = TestName(test.test, test.negated);
  if (name == "IS JSON") return NotBuiltYet(location, "IS JSON");
  return binder.Call(name, {std::move(operand)}, location);
}

absl::StatusOr<Expr> BindBetween(ExpressionBinder& binder,
                                 const Between& between,
                                 const SourceLocation& location) {
  ASSIGN_OR_RETURN(Expr value, binder.Bind(*between.value));
  ASSIGN_OR_RETURN(Expr low, binder.Bind(*between.low));
  ASSIGN_OR_RETURN(Expr high, binder.Bind(*between.high));
  ASSIGN_OR_RETURN(Expr within, Within(binder, value, low, high, location));
  if (between.symmetric) {
    ASSIGN_OR_RETURN(Expr other, Within(binder, value, high, low, location));
    within = AnyOf({std::move(within), std::move(other)});
  }
  return Negated(binder, between.negated, std::move(within), location);
}

absl::StatusOr<Expr> BindLike(ExpressionBinder& binder, const Like& like,
                              const SourceLocation& location) {
  ASSIGN_OR_RETURN(Expr value, binder.Bind(*like.value));
  ASSIGN_OR_RETURN(Expr pattern, binder.Bind(*like.pattern));
  std::vector<Expr> args;
  args.push_back(std::move(value));
  args.push_back(std::move(pattern));
  if (like.escape) {
    ASSIGN_OR_RETURN(Expr escape, binder.Bind(*like.escape));
    args.push_back(std::move(escape));
  }
  const absl::string_view name =
      like.kind == PatternKind::kLike ? "LIKE" : "SIMILAR TO";
  ASSIGN_OR_RETURN(Expr match, binder.Call(name, std::move(args), location));
  return Negated(binder, like.negated, std::move(match), location);
}

absl::StatusOr<Expr> BindIn(ExpressionBinder& binder, const In& in,
                            const SourceLocation& location) {
  if (in.query != nullptr) return NotBuiltYet(location, "IN (query)");
  std::vector<Expr> args;
  ASSIGN_OR_RETURN(Expr value, binder.Bind(*in.value));
  args.push_back(std::move(value));
  for (const ExpressionPtr& item : in.list) {
    ASSIGN_OR_RETURN(Expr bound, binder.Bind(*item));
    args.push_back(std::move(bound));
  }
  FitLiterals(args);
  const absl::string_view name = args.size() == 2 ? "=" : "IN";
  ASSIGN_OR_RETURN(Expr found, binder.Call(name, std::move(args), location));
  return Negated(binder, in.negated, std::move(found), location);
}

}  // namespace millrace::sql
