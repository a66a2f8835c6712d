#pragma once

#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Named places at which tests make a process die, stand still or get an error:
//
//   RETURN_IF_ERROR(Failpoint("jm.complete.before_cas"));
//
// The names are those of docs/verification.md; one that is not in the table of
// failpoint.cc is a CHECK. Costs one relaxed load while nothing is armed.
// Thread-safe.
absl::Status Failpoint(absl::string_view name);

std::span<const absl::string_view> FailpointNames();

// What is done at every failpoint reached, from now on; none: nothing. For the
// process (from MILLRACE_FAILPOINTS, see ArmFailpoints) and for a simulation,
// which asks itself which of its processes runs.
void SetFailpointHandler(
    std::function<absl::Status(absl::string_view name)> handler);

// Arms a real process: "name=ACTION[@N]" joined by ";", where ACTION is `kill`
// (SIGKILL to itself), `error` (kUnavailable) or `stop` (SIGSTOP), at the N-th
// time it is reached (1 when left out). Each point reached is counted, and the
// counts are appended to `counts_path` where that is not empty, so that a
// harness can say which were hit: lines "NAME COUNT" to be added up, written
// at the 1st, 2nd, 4th, 8th, ... time and before an action. kInvalidArgument: a
// bad text.
absl::Status ArmFailpoints(absl::string_view text,
                           const std::string& counts_path);

}  // namespace millrace
