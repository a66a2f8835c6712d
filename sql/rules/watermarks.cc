#include "sql/rules/watermarks.h"

#include <utility>

namespace millrace::sql {

LogicalPtr DropUnusedWatermarks(LogicalPtr node, bool sink_needs_event_time) {
  bool needed = sink_needs_event_time;
  if (const auto* window = node->As<WindowNode>()) {
    needed |= window->window->event_time;
  }
  for (LogicalPtr& input : node->inputs) {
    input = DropUnusedWatermarks(std::move(input), needed);
  }
  if (!needed && node->As<WatermarkNode>() != nullptr) {
    return std::move(node->inputs[0]);
  }
  return node;
}

}  // namespace millrace::sql
