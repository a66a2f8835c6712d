#include "taskmanager/latency_interval.h"

#include "runtime/base/status_macros.h"
#include "runtime/connector/config_lookup.h"

namespace millrace {

absl::StatusOr<absl::Duration> ParseLatencyInterval(
    const TableOptions& job, const TableOptions& cluster) {
  ASSIGN_OR_RETURN(const absl::Duration interval,
                   ConfigLookup(job, cluster)
                       .Duration({"metrics.latency.interval"},
                                 kDefaultLatencyInterval));
  return interval == absl::ZeroDuration() ? absl::InfiniteDuration()
                                          : interval;
}

}  // namespace millrace
