#pragma once

#include <vector>

#include "absl/status/status.h"
#include "tests/sim/jobs.h"
#include "tests/sim/world.h"

namespace millrace::sim {

// Whether the output, in the order it was committed in, is what the job means:
// every key's changes fit one another, rows of one split keep their order, and
// what remains is what it must be, each row as often as it must.
absl::Status CheckOutput(const Job& job, const JobInput& input,
                         const std::vector<World::Change>& output);

// The same of an output whose order is not known.
absl::Status CheckRows(const Job& job, const JobInput& input,
                       const Rows& remaining);

}  // namespace millrace::sim
