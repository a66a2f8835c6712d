#pragma once

#include "absl/status/statusor.h"
#include "runtime/connector/options.h"

namespace millrace {

// Whether a master with this configuration takes checkpoints of the job before
// its input has ended: execution.checkpointing.interval, of the job or of the
// cluster, is not 0.
absl::StatusOr<bool> TakesPeriodicCheckpoints(const TableOptions& job,
                                              const TableOptions& cluster);

}  // namespace millrace
