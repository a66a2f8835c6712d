#pragma once

#include "sql/logical/logical_node.h"

namespace millrace::sql {

// Removes the watermarks that nobody above waits for: no event-time window
// uses them, and `sink_needs_event_time` is false. Sources may then skip rows
// before they are decoded.
LogicalPtr DropUnusedWatermarks(LogicalPtr node, bool sink_needs_event_time);

}  // namespace millrace::sql
