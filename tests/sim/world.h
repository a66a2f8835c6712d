#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/types/row_kind.h"
#include "tests/sim/jobs.h"
#include "tests/sim/scenario.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// What lies outside the cluster and outlives every process: how much of the
// input there is by now, and the table that the output goes to.
class World {
 public:
  struct Change {
    RowKind kind;
    Row row;
  };

  World(Scheduler* scheduler, FaultBook* faults)
      : scheduler_(scheduler), faults_(faults) {}

  // Input appears bit by bit as checkpoints complete, so that each of them has
  // some, and the last of it only when the test has seen enough.
  void SetProgress(double fraction) { fraction_ = fraction; }
  int64_t RowsThere(int64_t rows) const {
    return fraction_ >= 1 ? rows
                          : static_cast<int64_t>(fraction_ *
                                                 static_cast<double>(rows));
  }

  // How long a reader without a row waits at most before it looks again.
  void SetSlowestPoll(int64_t micros) { slowest_poll_micros_ = micros; }
  uint64_t slowest_poll_micros() const { return slowest_poll_micros_; }

  // Told of each commit before it is made; an error stops the run.
  void SetOnCommit(std::function<void(const std::string& name)> on_commit) {
    on_commit_ = std::move(on_commit);
  }

  // Keeps sealed output under a name, "TABLE-...", until it is committed or
  // given up.
  absl::Status Stage(const std::string& name, std::vector<Change> changes);
  // Appends it to the table; what is there by that name already stays alone.
  // kDataLoss: nobody knows the name.
  absl::Status Commit(const std::string& name);
  absl::Status Abort(const std::string& name);

  // The table, in the order of its commits.
  const std::vector<Change>& output(const std::string& table) {
    return output_[table];
  }
  int64_t rows() const;
  int64_t commits() const { return commits_; }
  int64_t repeated_commits() const { return repeated_commits_; }

  Scheduler* scheduler() { return scheduler_; }

 private:
  // Whether the running process is dead already, so that nothing it does
  // counts.
  bool CallerIsDead() const {
    return scheduler_->running() != nullptr && !scheduler_->running()->alive;
  }

  Scheduler* const scheduler_;
  FaultBook* const faults_;
  double fraction_ = 0;
  uint64_t slowest_poll_micros_ = 6000;
  std::function<void(const std::string&)> on_commit_;
  std::map<std::string, std::vector<Change>> staged_;
  std::map<std::string, bool> committed_;
  std::map<std::string, std::vector<Change>> output_;  // By table.
  int64_t commits_ = 0;
  int64_t repeated_commits_ = 0;
};

}  // namespace millrace::sim
