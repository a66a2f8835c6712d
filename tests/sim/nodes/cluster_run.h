#pragma once

#include "tests/sim/cluster.h"

namespace millrace::sim {

// Runs two JobManagers, several TaskManagers, and a person who submits a job,
// in this thread, on simulated time.
Outcome RunCluster(const Scenario& scenario);

}  // namespace millrace::sim
