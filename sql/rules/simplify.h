#pragma once

#include "runtime/expr/function_registry.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// Merges neighbouring projections and filters, brings filters below
// projections, unions and window functions, and removes projections that do
// nothing. A projection that is not deterministic stays where a merge would
// compute it twice.
LogicalPtr Simplify(LogicalPtr node, const FunctionRegistry& functions);

}  // namespace millrace::sql
