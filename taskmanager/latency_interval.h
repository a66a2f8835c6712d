#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/connector/options.h"

namespace millrace {

// How often the way from the sources to the sinks is measured where nothing is
// set: often enough for a histogram of a minute, too seldom to be seen.
inline constexpr absl::Duration kDefaultLatencyInterval = absl::Seconds(1);

// metrics.latency.interval, of the job or of the cluster: a duration, or, as
// Flink has it, milliseconds. 0: never, which is the infinite duration.
absl::StatusOr<absl::Duration> ParseLatencyInterval(
    const TableOptions& job, const TableOptions& cluster);

}  // namespace millrace
