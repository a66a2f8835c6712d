#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// The older way to write windows: GROUP BY TUMBLE(time, size), and
// TUMBLE_START(time, size) in SELECT.

// TUMBLE, HOP, SESSION and their _START, _END, _ROWTIME, _PROCTIME.
bool IsGroupWindowFunction(absl::string_view name);

// The window among the elements of GROUP BY; null when there is none.
// SQL-0132: more than one.
absl::StatusOr<const Expression*> FindGroupWindow(
    const std::vector<const Expression*>& elements);

// Puts the window's columns behind those of `input`, out of reach of names in
// `scope`.
absl::StatusOr<GroupWindow> AddGroupWindow(const BindContext& context,
                                           const Expression& window,
                                           LogicalPtr& input, Scope& scope);

// TUMBLE_START(..) and its like.
absl::StatusOr<Expr> BindWindowProperty(ExpressionBinder& binder,
                                        absl::string_view name,
                                        const FunctionCall& call,
                                        const SourceLocation& location);

}  // namespace millrace::sql
