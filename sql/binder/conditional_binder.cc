#include "sql/binder/conditional_binder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/type_coercion.h"
#include "sql/binder/call_resolver.h"
#include "sql/binder/coercion.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

absl::Status Mixed(absl::string_view where, std::span<Expr* const> exprs,
                   const SourceLocation& location) {
  std::vector<LogicalType> types;
  for (const Expr* expr : exprs) types.push_back(expr->type);
  return AtLocation(NoCommonType(where, types), location);
}

absl::Status WrongCount(absl::string_view usage,
                        const SourceLocation& location) {
  return SqlError({.code = "SQL-0101",
                   .location = location,
                   .what = "wrong number of arguments",
                   .why = {},
                   .fix = absl::StrCat("Write ", usage, ".")});
}

absl::StatusOr<Expr> MakeCoalesce(std::vector<Expr> args,
                                  const SourceLocation& location) {
  std::vector<Expr*> all;
  for (Expr& arg : args) all.push_back(&arg);
  if (!CastToCommonType(all)) return Mixed("COALESCE", all, location);
  bool nullable = true;
  for (const Expr& arg : args) nullable &= arg.type.nullable();
  if (args.size() == 1) return std::move(args[0]);
  const LogicalType type = args[0].type.WithNullable(nullable);
  return Expr::Lazy(Expr::Kind::kCoalesce, type, std::move(args));
}

absl::StatusOr<Expr> MakeNullIf(ExpressionBinder& binder, Expr a, Expr b,
                                const SourceLocation& location) {
  ASSIGN_OR_RETURN(Expr equal, binder.Call("=", {a, std::move(b)}, location));
  Expr null = Expr::Literal(Value::Null(), a.type.AsNullable());
  std::vector<Expr> branches;
  branches.push_back(std::move(equal));
  branches.push_back(std::move(null));
  branches.push_back(std::move(a));
  return MakeCase(std::move(branches), location);
}

}  // namespace

absl::StatusOr<Expr> MakeCase(std::vector<Expr> branches,
                              const SourceLocation& location) {
  std::vector<Expr*> results;
  for (size_t i = 1; i < branches.size(); i += 2) {
    results.push_back(&branches[i]);
  }
  results.push_back(&branches.back());
  if (!CastToCommonType(results)) return Mixed("CASE", results, location);
  bool nullable = false;
  for (const Expr* result : results) nullable |= result->type.nullable();
  const LogicalType type = branches.back().type.WithNullable(nullable);
  return Expr::Lazy(Expr::Kind::kCase, type, std::move(branches));
}

namespace {

// operand = value, or operand IN (value, ...).
absl::StatusOr<Expr> BindMatch(ExpressionBinder& binder, const Expr& operand,
                               const WhenClause& when) {
  std::vector<Expr> args = {operand};
  ASSIGN_OR_RETURN(Expr first, binder.Bind(*when.condition));
  args.push_back(std::move(first));
  for (const ExpressionPtr& alternative : when.alternatives) {
    ASSIGN_OR_RETURN(Expr value, binder.Bind(*alternative));
    args.push_back(std::move(value));
  }
  FitLiterals(args);
  const absl::string_view name = args.size() == 2 ? "=" : "IN";
  return binder.Call(name, std::move(args), when.condition->location);
}

}  // namespace

absl::StatusOr<Expr> BindCase(ExpressionBinder& binder, const Case& node,
                              const SourceLocation& location) {
  std::optional<Expr> operand;
  if (node.operand) {
    ASSIGN_OR_RETURN(operand, binder.Bind(*node.operand));
  }
  std::vector<Expr> branches;
  for (const WhenClause& when : node.whens) {
    if (operand) {
      ASSIGN_OR_RETURN(Expr matches, BindMatch(binder, *operand, when));
      branches.push_back(std::move(matches));
    } else {
      ASSIGN_OR_RETURN(Expr condition,
                       binder.BindPredicate(*when.condition, "WHEN"));
      branches.push_back(std::move(condition));
    }
    ASSIGN_OR_RETURN(Expr result, binder.Bind(*when.result));
    branches.push_back(std::move(result));
  }
  if (node.otherwise) {
    ASSIGN_OR_RETURN(Expr otherwise, binder.Bind(*node.otherwise));
    branches.push_back(std::move(otherwise));
  } else {
    branches.push_back(Expr::Literal(Value::Null(), LogicalType()));
  }
  return MakeCase(std::move(branches), location);
}

absl::StatusOr<std::optional<Expr>> BindConditional(
    ExpressionBinder& binder, absl::string_view name,
    const std::vector<Expr>& args, const SourceLocation& location) {
  if (name == "COALESCE") {
    if (args.empty()) return WrongCount("COALESCE(a, b, ...)", location);
    return MakeCoalesce(args, location);
  }
  if (name == "IFNULL") {
    if (args.size() != 2) return WrongCount("IFNULL(a, b)", location);
    return MakeCoalesce(args, location);
  }
  if (name == "IF") {
    if (args.size() != 3) {
      return WrongCount("IF(condition, result, otherwise)", location);
    }
    if (!args[0].type.Is(TypeRoot::kBoolean) &&
        !args[0].type.Is(TypeRoot::kNull)) {
      return SqlError({.code = "SQL-0117",
                       .location = location,
                       .what = absl::StrCat("the condition of IF is a ",
                                            args[0].type.ToString()),
                       .why = "it must be a BOOLEAN",
                       .fix = {}});
    }
    return MakeCase(args, location);
  }
  if (name == "NULLIF") {
    if (args.size() != 2) return WrongCount("NULLIF(a, b)", location);
    return MakeNullIf(binder, args[0], args[1], location);
  }
  return std::optional<Expr>();
}

}  // namespace millrace::sql
