#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/sim/jobs.h"
#include "tests/sim/world.h"

namespace millrace::sim {

// What a table is to hold: what the job makes of some of its input's rows.
struct Result {
  const Job* job = nullptr;
  JobInput input;
  // It read the rows between these, going on from what it had made of those
  // before, which is not in the table.
  Positions from;
  Positions to;
};

// Whether the output, in the order it was committed in, is that: every key's
// changes fit one another, rows of one split keep their order, and what remains
// is what it must be, each row as often as it must.
absl::Status CheckOutput(const Result& wanted,
                         const std::vector<World::Change>& output);

// The same of the lines of files, of which the order is not known: rows, or
// with a kind of change in front.
absl::Status CheckLines(const Result& wanted,
                        const std::vector<std::string>& lines);

}  // namespace millrace::sim
