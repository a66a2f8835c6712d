#pragma once

#include <vector>

#include "absl/status/status.h"
#include "runtime/batch/batch.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Whether the columns of a batch that came from another process lie in memory
// as the plan's types do: operators read them by type, without looking.
// kDataLoss: another number of columns, or another type at some depth; whoever
// sent it runs another plan.
absl::Status CheckColumns(const Batch& batch,
                          const std::vector<LogicalType>& types);

}  // namespace millrace
