#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/config_file.h"
#include "cli/environment.h"
#include "cli/progress_line.h"
#include "embedded/embedded_job.h"
#include "embedded/job_directory.h"
#include "embedded/savepoint_clerk.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// What the same command does where its job has come to its end: begins it anew,
// or nothing. One of the latter is not stopped before it has.
enum class Repeat { kAnew, kNever };

// How one job of a script is started.
struct JobLaunch {
  const JobPlan* plan = nullptr;
  JobOrigin origin;
  // Its rows go to the terminal alone: nothing of it is kept but its dead
  // letters.
  bool is_query = false;
  Repeat repeat = Repeat::kAnew;
  bool fresh = false;
  std::string savepoint;  // The folder of one to begin from; empty: none.
  RestoreMode restore = RestoreMode::kFork;
};

// One embedded job from its start to what is printed at its end.
class JobRun {
 public:
  // `environment` must outlive the run. Errors are the author's. Null: the job
  // had finished, and only its end was not told.
  static absl::StatusOr<std::unique_ptr<JobRun>> Start(
      const JobLaunch& launch, const ConfigMap& config,
      Environment& environment);

  // Answers who still waits for a savepoint.
  ~JobRun();

  // Waits a moment, drawing progress where standard error is a terminal, and
  // cancelling when somebody interrupts. True: the job has ended.
  bool Watch();

  // Prints what sinks have to say, and the first failure; the status to exit
  // with. REQUIRES: Watch said true.
  int Finish();

 private:
  JobRun(const JobLaunch& launch, Disk* disk,
         std::unique_ptr<JobDirectory> directory,
         std::unique_ptr<EmbeddedJob> job);

  // Deletes a savepoint that became the job's, once it needs it no more.
  void DropClaimed(const JobStatus& status);

  // The status to exit with where only a job that came to its end is done.
  int FinishOnce();

  // What happened since the last time, a line each.
  void SayRestarted(const JobStatus& status);
  void SayRestored(const JobStatus& status);

  const std::string name_;
  Disk* const disk_;
  const std::unique_ptr<JobDirectory> directory_;  // Null: of a query.
  // Posted to by the job, and so destroyed after it. None for a query.
  std::optional<SavepointClerk> clerk_;
  std::unique_ptr<EmbeddedJob> job_;
  const Repeat repeat_;
  std::string claimed_;  // A savepoint's folder; empty: none.
  ProgressLine progress_;
  absl::Duration since_drawn_ = absl::InfiniteDuration();
  bool cancelled_ = false;
  absl::Status outcome_ = absl::UnavailableError("the run was given up");
  int64_t said_restarts_ = 0;
  CheckpointId said_restored_;
};

}  // namespace millrace
