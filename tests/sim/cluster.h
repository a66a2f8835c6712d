#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/sim/scenario.h"

namespace millrace::sim {

// What came of one scenario.
struct Outcome {
  absl::Status status;  // OK: everything was as it must be.
  // Whether it had kLeastCheckpoints under kLeastFaults before faults ended:
  // else the seed has shown too little to count. What it had, for a person.
  bool saw_enough = false;
  std::string seen;
  std::array<int64_t, kFaultKinds> faults = {};
  int64_t checkpoints = 0;
  int64_t restores = 0;  // Attempts that began from a checkpoint.
  int64_t commits = 0;
  int64_t repeated_commits = 0;
  int64_t rows = 0;
  int64_t fenced = 0;  // What came from the past, and was refused.
  int64_t terms = 0;   // Of leaders.
  int64_t simulated_ms = 0;
  std::map<std::string, int64_t> deeds;  // What was done for people.
  std::map<std::string, int64_t> failpoints;  // How often each was reached.
  std::map<std::string, int64_t> failpoint_kills;
};

// Each run goes on until it has so many completed checkpoints under so many
// faults; only then, or after a long time, faults end and the input's last rows
// appear.
inline constexpr int64_t kLeastCheckpoints = 10;
inline constexpr int64_t kLeastFaults = 5;

// Runs a whole cluster, in this thread: master, task managers with their
// workers, stores, sources and sinks, on simulated time.
Outcome RunScenario(const Scenario& scenario);

}  // namespace millrace::sim
