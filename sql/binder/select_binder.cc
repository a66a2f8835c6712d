#include "sql/binder/select_binder.h"

#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/group_by_binder.h"
#include "sql/binder/grouping.h"
#include "sql/binder/values_binder.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

absl::Status CheckSelect(const Select& select) {
  if (select.qualify != nullptr) {
    return NotBuiltYet(select.qualify->location, "QUALIFY");
  }
  if (!select.hints.empty()) {
    return NotBuiltYet(select.hints[0].name.location,
                       absl::StrCat("hint ", select.hints[0].name.text));
  }
  if (!select.windows.empty()) {
    return NotBuiltYet(select.windows[0].name.location, "WINDOW clause");
  }
  return absl::OkStatus();
}

absl::StatusOr<BoundTable> BindFrom(QueryBinder& queries,
                                    const Select& select) {
  if (select.from == nullptr) return BoundTable{OneRow(), Scope()};
  return queries.BindTable(*select.from);
}

// The items of SELECT, `*` spread out.
absl::StatusOr<std::vector<SelectedColumn>> BindItems(
    ExpressionBinder& binder, const std::vector<SelectItem>& items) {
  std::vector<SelectedColumn> columns;
  const Schema& schema = binder.scope().columns();
  for (const SelectItem& item : items) {
    const SourceLocation& at = item.expression->location;
    if (const auto* star = item.expression->As<Star>()) {
      ASSIGN_OR_RETURN(const auto places, binder.scope().Expand(*star, at));
      for (int place : places) {
        columns.push_back({Expr::Column(place, schema[place].type),
                           schema[place].name, at});
      }
      continue;
    }
    ASSIGN_OR_RETURN(Expr expr, binder.Bind(*item.expression));
    std::string name = item.alias ? item.alias->text
                                  : NameOf(*item.expression);
    if (name.empty()) name = absl::StrCat("EXPR$", columns.size());
    columns.push_back({std::move(expr), std::move(name), at});
  }
  return columns;
}

LogicalPtr Projected(LogicalPtr input, std::vector<SelectedColumn> columns) {
  std::vector<Expr> exprs;
  std::vector<std::string> names;
  for (SelectedColumn& column : columns) {
    exprs.push_back(std::move(column.expr));
    names.push_back(std::move(column.name));
  }
  return MakeProject(std::move(input), std::move(exprs), std::move(names));
}

}  // namespace

LogicalPtr MakeDistinct(LogicalPtr input) {
  AggregateNode node;
  node.keys.resize(input->output.size());
  std::iota(node.keys.begin(), node.keys.end(), 0);
  Schema output = input->output;
  return MakeNode(std::move(node), std::move(input), std::move(output));
}

absl::StatusOr<LogicalPtr> BindSelect(QueryBinder& queries,
                                      const Select& select) {
  RETURN_IF_ERROR(CheckSelect(select));
  const BindContext& context = queries.context();
  ASSIGN_OR_RETURN(BoundTable from, BindFrom(queries, select));
  if (select.where != nullptr) {
    ExpressionBinder binder(context, from.scope, {.clause = "WHERE"});
    ASSIGN_OR_RETURN(Expr condition,
                     binder.BindPredicate(*select.where, "WHERE"));
    from.node = MakeFilter(std::move(from.node), std::move(condition));
  }
  ASSIGN_OR_RETURN(BoundGroupBy groups,
                   BindGroupBy(context, select, from.node, from.scope));
  AggregateCollector aggregates(
      static_cast<int>(from.scope.columns().size()),
      !groups.keys.empty());
  ExpressionBinder binder(
      context, from.scope,
      {.aggregates = &aggregates,
       .clause = "SELECT",
       .group_window = groups.window ? &*groups.window : nullptr});
  ASSIGN_OR_RETURN(std::vector<SelectedColumn> columns,
                   BindItems(binder, select.items));
  std::optional<SelectedColumn> having;
  if (select.having != nullptr) {
    ASSIGN_OR_RETURN(Expr condition,
                     binder.BindPredicate(*select.having, "HAVING"));
    having = {std::move(condition), "", select.having->location};
  }
  LogicalPtr result;
  if (groups.present || having || !aggregates.calls().empty()) {
    ASSIGN_OR_RETURN(
        result, Group(std::move(from.node),
                      {.keys = std::move(groups.keys),
                       .calls = aggregates.calls(),
                       .first_call = aggregates.first_column()},
                      std::move(columns), std::move(having)));
  } else {
    result = Projected(std::move(from.node), std::move(columns));
  }
  if (select.quantifier == SetQuantifier::kDistinct) {
    result = MakeDistinct(std::move(result));
  }
  return result;
}

}  // namespace millrace::sql
