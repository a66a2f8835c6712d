#pragma once

#include "absl/status/statusor.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// Recognises aggregates of windows: those whose keys hold the start and the
// end of one window. Where the window function stands right below (with only
// a projection between), both become one operator that never copies a row into
// its windows; else the rows carry their windows. Projections above give the
// columns in the order they had.
LogicalPtr FuseWindows(LogicalPtr node);

}  // namespace millrace::sql
