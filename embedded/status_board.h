#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "embedded/job_status.h"
#include "runtime/base/clock.h"
#include "runtime/plan/job_plan.h"
#include "taskmanager/local_task_manager.h"

namespace millrace {

// Puts what is known of a running job together: counters of its subtasks, the
// splits they were given, the state its master is in. Owned by one thread; the
// counters it reads are written by others.
class StatusBoard {
 public:
  StatusBoard(const JobPlan& plan, const Clock* clock);

  void SetState(JobState state, absl::Status first_failure);
  void SetCheckpoints(const CheckpointStats& stats) { checkpoints_ = stats; }
  void SetRestored(RestoreReport report) { restored_ = std::move(report); }
  void SetCounters(std::vector<LocalTaskManager::SubtaskCounters> counters);
  // Splits get the indexes that the source operator gives them: in order.
  void AddSplits(VertexId source, int subtask,
                 const std::vector<Split>& splits);

  JobState state() const { return state_; }
  const absl::Status& first_failure() const { return first_failure_; }
  // Advances the window that the shares of time are taken of.
  JobStatus Read();

 private:
  using Counters = LocalTaskManager::SubtaskCounters;
  struct Spent {
    int64_t nanos[3] = {0, 0, 0};
  };

  void AddSubtask(const Counters& counters, const Spent& spent_since,
                  JobStatus& status) const;
  std::string HolderOf(const Counters& counters) const;

  const JobPlan plan_;
  const Clock* const clock_;
  const int64_t started_nanos_;
  int64_t ended_nanos_ = 0;
  JobState state_ = JobState::kCreated;
  absl::Status first_failure_;
  int64_t restarts_ = 0;
  absl::Status restart_cause_;
  CheckpointStats checkpoints_;
  RestoreReport restored_;
  std::vector<Counters> counters_;
  std::vector<Spent> spent_;  // Of each of counters_, at the last Read.
  std::map<std::pair<VertexId, int>, std::vector<std::string>> split_ids_;
};

}  // namespace millrace
