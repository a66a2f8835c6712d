#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// What was written of a window, each still an expression of the text.
struct WindowText {
  std::string function;              // TUMBLE, HOP, CUMULATE
  const Expression* size = nullptr;  // Of HOP and CUMULATE: the whole window.
  const Expression* step = nullptr;  // HOP's slide, CUMULATE's step.
  const Expression* offset = nullptr;
  SourceLocation location;
};

// The lengths of a window. SQL-0131: a length that is no INTERVAL of days to
// seconds, is not positive, or does not suit the other.
absl::StatusOr<WindowShape> MakeWindowShape(const BindContext& context,
                                            const WindowText& text);

// A window over column `time_column` of `input`. SQL-0130: it is no time
// attribute.
absl::StatusOr<LogicalPtr> MakeWindowNode(const BindContext& context,
                                          LogicalPtr input, int time_column,
                                          WindowShape shape,
                                          const SourceLocation& location);

}  // namespace millrace::sql
