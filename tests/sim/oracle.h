#pragma once

#include <string>
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

// The same of the lines of files, of which the order is not known: rows, or
// with a kind of change in front.
absl::Status CheckLines(const Job& job, const JobInput& input,
                        const std::vector<std::string>& lines);

}  // namespace millrace::sim
