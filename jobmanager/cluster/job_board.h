#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "jobmanager/cluster/cluster_view.h"
#include "jobmanager/cluster/job_list.h"

namespace millrace {

// What there is to see of one job, kept by what happens to it. Values in, a
// JobView out; of one thread.
class JobBoard {
 public:
  // Flink's web.exception-history-size and half as many checkpoints as its
  // pages show: what a person looks through.
  static constexpr size_t kMostFailures = 16;
  static constexpr size_t kMostCheckpoints = 10;

  JobBoard(const RegisteredJob& job, std::shared_ptr<const JobPlan> plan);
  // Of one that ended in an earlier life of the JobManager.
  JobBoard(const EndedJob& ended, std::shared_ptr<const JobPlan> plan);

  // As its master says. Until the first attempt is up the job is CREATED,
  // though its master has begun.
  void OnState(JobState state, const absl::Status& failure, absl::Time now);
  void OnWaits(std::string for_what) { view_.waits_for = std::move(for_what); }
  void OnDeploying(int64_t attempt);
  void OnNotDeployed(const absl::Status& failure, absl::Time now);
  struct Placed {
    SubtaskId subtask;
    std::string task_manager;
  };
  void OnUp(const std::vector<Placed>& subtasks, absl::Time now);
  void OnEnded(SubtaskId subtask, const absl::Status& status, absl::Time now);
  void OnReport(SubtaskReport report);
  void OnCheckpoints(const CheckpointStats& stats);
  void OnFinishLine(std::string line);

  const JobView& view() const { return view_; }

 private:
  void Enter(JobState state, absl::Time now);
  void AddFailure(FailureView failure);
  std::string TaskName(SubtaskId subtask) const;
  SubtaskView* Find(SubtaskId subtask);

  JobView view_;
  bool was_up_ = false;
  int64_t attempts_ = 0;
  // The attempt's first failure is noted; what follows are its echoes.
  bool failure_noted_ = false;
};

}  // namespace millrace
