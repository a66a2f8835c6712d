#include "sql/binder/group_by_binder.h"

#include <algorithm>
#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/binder/group_window_binder.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

absl::StatusOr<std::vector<const Expression*>> ElementsOf(
    const GroupBy& group_by) {
  std::vector<const Expression*> elements;
  for (const GroupingElement& element : group_by.elements) {
    switch (element.kind) {
      case GroupingKind::kColumns: break;
      case GroupingKind::kRollup:
        return NotBuiltYet(element.location, "ROLLUP");
      case GroupingKind::kCube:
        return NotBuiltYet(element.location, "CUBE");
      case GroupingKind::kGroupingSets:
        return NotBuiltYet(element.location, "GROUPING SETS");
    }
    for (const ExpressionPtr& column : element.columns) {
      elements.push_back(column.get());
    }
  }
  return elements;
}

void AddKey(BoundGroupBy& groups, Expr key) {
  if (std::find(groups.keys.begin(), groups.keys.end(), key) ==
      groups.keys.end()) {
    groups.keys.push_back(std::move(key));
  }
}

}  // namespace

absl::StatusOr<BoundGroupBy> BindGroupBy(const BindContext& context,
                                         const Select& select,
                                         LogicalPtr& input, Scope& scope) {
  BoundGroupBy groups;
  if (!select.group_by) return groups;
  groups.present = true;
  ASSIGN_OR_RETURN(const auto elements, ElementsOf(*select.group_by));
  ASSIGN_OR_RETURN(const Expression* window, FindGroupWindow(elements));
  if (window != nullptr) {
    ASSIGN_OR_RETURN(groups.window,
                     AddGroupWindow(context, *window, input, scope));
  }
  ExpressionBinder binder(context, scope, {.clause = "GROUP BY"});
  for (const Expression* element : elements) {
    if (element == window) continue;
    ASSIGN_OR_RETURN(Expr key, binder.Bind(*element));
    AddKey(groups, std::move(key));
  }
  if (groups.window) {
    for (int place : {groups.window->start, groups.window->end,
                      groups.window->time_column}) {
      AddKey(groups, Expr::Column(place, scope.columns()[place].type));
    }
  }
  return groups;
}

}  // namespace millrace::sql
