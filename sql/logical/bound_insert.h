#pragma once

#include "runtime/connector/table.h"
#include "sql/logical/logical_node.h"
#include "sql/parser/source_location.h"

namespace millrace::sql {

// A bound query and the table it is written to.
struct BoundInsert {
  LogicalPtr query;  // Columns as the sink's, in order.
  TableDescriptor sink;
  SourceLocation location;  // Of the table's name, or of the query.
};

}  // namespace millrace::sql
