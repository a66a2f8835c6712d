#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "embedded/job_directory.h"
#include "embedded/job_status.h"
#include "embedded/local_deployer.h"
#include "embedded/staged_output.h"
#include "embedded/status_board.h"
#include "jobmanager/job_master.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/memory_budget.h"
#include "runtime/base/metrics.h"
#include "runtime/base/waker.h"
#include "taskmanager/local_task_manager.h"

namespace millrace {

// A job run inside this process: its master, its workers, its memory.
//
// Threads: Cancel, Checkpoint and Stop from any; everything else, the
// destructor too, from the one thread that owns the object. Inside there are
// one worker a slot, the master's loop, and a few background threads; all sleep
// while the job is idle.
class EmbeddedJob {
 public:
  struct Options {
    const ConnectorRegistry* connectors = nullptr;
    const FunctionRegistry* functions = nullptr;
    const Clock* clock = nullptr;
    MetricRegistry* metrics = nullptr;
    OperatorMaker make_operator;  // Empty: MakeOperator. Tests give their own.
    // Slots; 0 = the plan's greatest parallelism, but not more than cores.
    int slots = 0;
    int64_t memory_bytes = int64_t{1} << 30;
    std::string job_id;  // 32 hex digits; the directory's, where there is one.
    Disk* disk = nullptr;  // Of local files.
    // What the job leaves behind, so that another process can go on; null:
    // nothing survives the object.
    JobDirectory* directory = nullptr;
    CheckpointConfig checkpoints;
    StateBackendConfig backend;
    FailoverPolicy::Options failover;
    // A savepoint to begin from; may be null.
    std::shared_ptr<const Manifest> restore;
    // Attempts up to this one were of runs whose ends somebody was told of.
    int64_t lived = 0;
    // Where quarantined records go.
    std::string dead_letter_directory = "millrace-data/dead-letters";
    MetricLabels metric_labels;  // Of the process: host, tm_id.
    // See SubtaskEnvironment.
    absl::Duration latency_interval = absl::InfiniteDuration();
  };

  // Starts the job. Everything in the options outlives it. Errors are the
  // plan's: a source that cannot be made. What fails later ends the job.
  static absl::StatusOr<std::unique_ptr<EmbeddedJob>> Start(
      const JobPlan& plan, Options options);

  EmbeddedJob(const EmbeddedJob&) = delete;
  EmbeddedJob& operator=(const EmbeddedJob&) = delete;
  // Cancels a job that still runs, and waits for its end.
  ~EmbeddedJob();

  // Asks the job to end now, as CANCELED; what is under way is dropped.
  void Cancel() { master_->Cancel(); }

  // Takes a checkpoint, or a savepoint, that somebody asked for. `answer` is
  // called once, on a thread of the job or by the destructor.
  void Checkpoint(bool savepoint, JobMaster::Answer answer) {
    master_->Checkpoint(savepoint, std::move(answer));
  }

  // Ends the job with a savepoint, as JobMaster::Stop says.
  void Stop(bool drain, JobMaster::Answer answer);

  // A savepoint that was written elsewhere, or is `lost`, need not be kept any
  // more.
  void ReleaseSavepoint(CheckpointId savepoint, bool lost = false) {
    master_->ReleaseSavepoint(savepoint, lost);
  }

  // Waits until the job has ended, at most `timeout`; whether it has.
  bool WaitFor(absl::Duration timeout);
  // Waits for the end. OK when it FINISHED, kCancelled when it was cancelled,
  // else the first failure.
  absl::Status Wait();

  JobStatus Status();
  // Lines that writers said at their end ("blackhole: ..."), by vertex and
  // subtask; complete when the job has finished.
  std::vector<std::string> FinishLines();

 private:
  // What other threads tell the owner.
  struct StateChange {
    JobState state;
    absl::Status first_failure;
  };
  struct FinishLine {
    VertexId vertex;
    int subtask;
    std::string line;
  };
  using News = std::variant<StateChange, JobExecution::GiveSplits, FinishLine,
                            CheckpointStats, RestoreReport,
                            std::vector<LocalTaskManager::SubtaskCounters>>;

  EmbeddedJob(const JobPlan& plan, Options options);
  SubtaskEnvironment EnvironmentOfAttempts();
  JobMaster::Environment EnvironmentOfMaster();
  // On the loop's thread, from the job's begin to its end.
  void RunMaster();
  void TakeNews();

  const Options options_;
  const StagedOutput staged_output_;
  MemoryBudget memory_;
  Waker owner_;
  Mailbox<News> news_;
  StatusBoard board_;
  std::vector<FinishLine> lines_;
  Mailbox<CheckpointId> stopped_at_{[] {}};  // Savepoints that it ends with.

  // Destroyed from the last to the first: those that post before those that
  // are posted to.
  std::unique_ptr<JobMaster> master_;
  std::unique_ptr<LocalDeployer> deployer_;
  BackgroundPool background_;
  BackgroundPool loop_;
};

}  // namespace millrace
