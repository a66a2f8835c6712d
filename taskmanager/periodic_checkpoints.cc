#include "taskmanager/periodic_checkpoints.h"

#include "runtime/base/status_macros.h"
#include "runtime/connector/config_lookup.h"

namespace millrace {

absl::StatusOr<bool> TakesPeriodicCheckpoints(const TableOptions& job,
                                              const TableOptions& cluster) {
  ASSIGN_OR_RETURN(const absl::Duration interval,
                   ConfigLookup(job, cluster)
                       .Duration({"execution.checkpointing.interval"},
                                 absl::InfiniteDuration()));
  return interval > absl::ZeroDuration();
}

}  // namespace millrace
