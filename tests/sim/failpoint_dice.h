#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tests/sim/scenario.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// Decides at each failpoint that a simulated process reaches whether it dies
// there, or gets an error: takes one point after the other as its target, each
// at some time that it is reached.
//
// The process's failpoint handler as long as it lives.
class FailpointDice {
 public:
  FailpointDice(const Scenario& scenario, Scheduler* scheduler,
                FaultBook* faults, std::function<void(ProcessRef)> kill);
  FailpointDice(const FailpointDice&) = delete;
  FailpointDice& operator=(const FailpointDice&) = delete;
  ~FailpointDice();

  const std::map<std::string, int64_t>& reached() const { return reached_; }
  const std::map<std::string, int64_t>& kills() const { return kills_; }

 private:
  absl::Status OnReached(absl::string_view name);
  void ChooseTarget();

  Scheduler* const scheduler_;
  FaultBook* const faults_;
  const std::function<void(ProcessRef)> kill_;
  const int64_t patience_nanos_;
  std::string target_;
  int64_t target_left_;
  int64_t target_until_nanos_ = 0;
  std::map<std::string, int64_t> reached_;
  std::map<std::string, int64_t> kills_;
};

}  // namespace millrace::sim
