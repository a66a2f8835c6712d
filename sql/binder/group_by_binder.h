#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// What GROUP BY says: keys over the columns of the scope.
struct BoundGroupBy {
  bool present = false;
  std::vector<Expr> keys;
  std::optional<GroupWindow> window;
};

// Binds GROUP BY of `select`. A window in it puts its columns behind those of
// `input` and, without names, of `scope`; its start and end become keys.
absl::StatusOr<BoundGroupBy> BindGroupBy(const BindContext& context,
                                         const Select& select,
                                         LogicalPtr& input, Scope& scope);

}  // namespace millrace::sql
