#pragma once

#include "sql/logical/logical_node.h"

namespace millrace::sql {

// Removes every column, key expression and aggregate call whose value nobody
// above uses. The root keeps all of its columns.
LogicalPtr PruneColumns(LogicalPtr root);

}  // namespace millrace::sql
