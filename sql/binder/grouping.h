#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sql/binder/aggregate_collector.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// A column of SELECT, and the place that made it.
struct SelectedColumn {
  Expr expr;
  std::string name;
  SourceLocation location;
};

// What is grouped: keys and calls over the columns of the input. Call i
// stands in expressions as column `first_call + i`.
struct Groups {
  std::vector<Expr> keys;
  std::vector<BoundAggregate> calls;
  int first_call = 0;
};

// The rows of `input` grouped, `having` applied, `columns` computed.
// SQL-0124: an expression uses a column that is neither a key nor aggregated.
absl::StatusOr<LogicalPtr> Group(LogicalPtr input, Groups groups,
                                 std::vector<SelectedColumn> columns,
                                 std::optional<SelectedColumn> having);

}  // namespace millrace::sql
