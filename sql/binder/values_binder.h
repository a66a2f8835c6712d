#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/bind_context.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// VALUES (..), (..): columns EXPR$0, EXPR$1... of common types. SQL-0123: rows
// of different widths, or values without a common type.
absl::StatusOr<LogicalPtr> BindValues(const BindContext& context,
                                      const Values& values,
                                      const SourceLocation& location);

// One row of one column that nobody reads: what SELECT without FROM reads.
LogicalPtr OneRow();

}  // namespace millrace::sql
