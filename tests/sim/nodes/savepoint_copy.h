#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "state/storage/manifest.h"
#include "tests/sim/jobs.h"
#include "tests/sim/machine.h"

namespace millrace::sim {

// The savepoint in a folder, as whoever looks into it finds it. kNotFound:
// there is none. kDataLoss: it is not whole.
absl::StatusOr<Manifest> ReadSavepoint(Machine& machine,
                                       const std::string& folder);

// How many rows of each split the job had read when a checkpoint was taken.
absl::StatusOr<Positions> PositionsIn(const Manifest& manifest,
                                      const JobInput& input);

}  // namespace millrace::sim
