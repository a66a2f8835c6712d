#include "sql/binder/aggregate_collector.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/aggregate_signature.h"
#include "sql/binder/call_resolver.h"
#include "sql/binder/expression_binder.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

constexpr absl::string_view kBuilt[] = {"COUNT", "SUM", "AVG", "MIN", "MAX"};
constexpr absl::string_view kKnown[] = {
    "APPROX_COUNT_DISTINCT", "ARRAY_AGG",   "BITMAP_BUILD_AGG",
    "COLLECT",               "CUME_DIST",   "DENSE_RANK",
    "FIRST_VALUE",           "JSON_ARRAYAGG", "JSON_OBJECTAGG",
    "LAG",                   "LAST_VALUE",  "LEAD",
    "LISTAGG",               "NTILE",       "PERCENTILE",
    "PERCENT_RANK",          "RANK",        "ROW_NUMBER",
    "SINGLE_VALUE",          "STDDEV",      "STDDEV_POP",
    "STDDEV_SAMP",           "SUM0",        "VARIANCE",
    "VAR_POP",               "VAR_SAMP"};

template <typename Names>
bool Contains(const Names& names, absl::string_view name) {
  return std::find(std::begin(names), std::end(names), name) !=
         std::end(names);
}

absl::Status CheckPlace(ExpressionBinder& binder, absl::string_view name,
                        const FunctionCall& call,
                        const SourceLocation& location) {
  if (call.over) {
    return NotBuiltYet(location, absl::StrCat(name, " OVER (...)"));
  }
  if (!Contains(kBuilt, name)) {
    return NotBuiltYet(location, absl::StrCat("aggregate function ", name));
  }
  if (!call.order_by.empty() || !call.within_group.empty()) {
    return NotBuiltYet(location, absl::StrCat("ORDER BY inside ", name));
  }
  if (binder.inside_aggregate()) {
    return SqlError({.code = "SQL-0120",
                     .location = location,
                     .what = absl::StrCat(name, " inside an aggregate"),
                     .why = "aggregates cannot be nested",
                     .fix = "Compute the inner one in a sub-query."});
  }
  if (binder.aggregates() == nullptr) {
    return SqlError({.code = "SQL-0120",
                     .location = location,
                     .what = absl::StrCat("aggregate function ", name,
                                          " cannot stand in ",
                                          binder.clause()),
                     .why = "it is computed after the rows are grouped",
                     .fix = binder.clause() == "WHERE" ? "Use HAVING." : ""});
  }
  return absl::OkStatus();
}

// COUNT(a, b) counts the rows in which no argument is NULL; with DISTINCT, the
// different rows of arguments among them.
absl::Status CountTogether(ExpressionBinder& binder, BoundAggregate& call,
                           const SourceLocation& location) {
  std::vector<Expr> conditions;
  if (call.filter) conditions.push_back(*std::move(call.filter));
  for (const Expr& arg : call.args) {
    ASSIGN_OR_RETURN(Expr present,
                     binder.Call("IS NOT NULL", {arg}, location));
    conditions.push_back(std::move(present));
  }
  call.filter = AllOf(std::move(conditions));
  std::vector<Expr> args = std::move(call.args);
  call.args.clear();
  if (!call.distinct) return absl::OkStatus();
  ASSIGN_OR_RETURN(Expr row, binder.Call("ROW", std::move(args), location));
  call.args.push_back(std::move(row));
  return absl::OkStatus();
}

}  // namespace

Expr AggregateCollector::Add(BoundAggregate call) {
  const auto found = std::find(calls_.begin(), calls_.end(), call);
  const int index = static_cast<int>(found - calls_.begin());
  const LogicalType type = call.result;
  if (found == calls_.end()) calls_.push_back(std::move(call));
  return Expr::Column(first_column_ + index, type);
}

bool IsAggregateFunction(absl::string_view name) {
  return Contains(kBuilt, name) || Contains(kKnown, name);
}

absl::StatusOr<Expr> BindAggregate(ExpressionBinder& binder,
                                   absl::string_view name,
                                   const FunctionCall& call,
                                   const SourceLocation& location) {
  RETURN_IF_ERROR(CheckPlace(binder, name, call, location));
  BoundAggregate bound;
  bound.function = std::string(name);
  ExpressionBinder inner = binder.InsideAggregate();
  for (const FunctionArgument& argument : call.arguments) {
    ASSIGN_OR_RETURN(Expr arg, inner.Bind(*argument.value));
    bound.args.push_back(std::move(arg));
  }
  if (call.filter) {
    ASSIGN_OR_RETURN(bound.filter, inner.BindPredicate(*call.filter, "FILTER"));
  }
  const bool min_or_max = name == "MIN" || name == "MAX";
  bound.distinct =
      call.quantifier == SetQuantifier::kDistinct && !min_or_max;
  if (bound.args.empty() && !call.star) {
    return SqlError({.code = "SQL-0101",
                     .location = location,
                     .what = absl::StrCat(name, " needs an argument"),
                     .why = {},
                     .fix = name == "COUNT" ? "Write COUNT(*)." : ""});
  }
  if (name == "COUNT" && bound.args.size() > 1) {
    RETURN_IF_ERROR(CountTogether(binder, bound, location));
  }
  std::vector<LogicalType> types;
  for (const Expr& arg : bound.args) types.push_back(arg.type);
  auto result = AggregateResultType(
      {.name = name,
       .args = types,
       .grouped = binder.aggregates()->grouped() && !bound.filter});
  if (!result.ok()) return AtLocation(result.status(), location);
  bound.result = *std::move(result);
  const bool counts_rows =
      name == "COUNT" && !bound.distinct &&
      std::none_of(types.begin(), types.end(),
                   [](const LogicalType& type) { return type.nullable(); });
  if (counts_rows) bound.args.clear();
  return binder.aggregates()->Add(std::move(bound));
}

}  // namespace millrace::sql
