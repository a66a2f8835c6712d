#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "jobmanager/checkpoint_config.h"
#include "jobmanager/checkpoint_coordinator.h"
#include "jobmanager/checkpoint_errands.h"
#include "jobmanager/checkpoint_stats.h"
#include "jobmanager/deployer.h"
#include "jobmanager/failover_policy.h"
#include "jobmanager/job_execution.h"
#include "jobmanager/job_state_metrics.h"
#include "jobmanager/source_discoveries.h"
#include "runtime/base/clock.h"
#include "runtime/base/executor.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/metrics.h"
#include "runtime/base/waker.h"
#include "runtime/connector/connector_registry.h"
#include "state/storage/checkpoint_store.h"

namespace millrace {

// The loop of one job: feeds events to its JobExecution and its
// CheckpointCoordinator and carries out their actions, one event after the
// other. Discoveries and the store of checkpoints are reached on the
// background pool.
//
// RunOnce is for one thread at a time. Cancel, Checkpoint and Stop are
// thread-safe.
class JobMaster {
 public:
  struct Environment {
    const ConnectorRegistry* connectors = nullptr;
    const Clock* clock = nullptr;
    // Runs discoveries and reaches the store. Destroyed before the master.
    Executor* background = nullptr;
    Deployer* deployer = nullptr;
    // 32 hex digits; names the job's checkpoints.
    std::string job_id;
    // Null: the job keeps no checkpoints. Its sinks still commit at its end,
    // by a final one that is nowhere written.
    CheckpointStore* store = nullptr;
    CheckpointConfig checkpoints;
    FailoverPolicy::Options failover;
    uint64_t seed = 0;  // Of the failover's jitter.
    CheckpointStore::Right right;  // Of its attempts.
    // What the job begins from where it has no checkpoint of its own yet: a
    // savepoint. May be null.
    std::shared_ptr<const Manifest> restore;
    MetricRegistry* metrics = nullptr;  // May be null.
    MetricLabels metric_labels;         // Of the process.
    // Called by the loop: when the state has changed, for splits before they
    // are given out, when a checkpoint has begun or ended. May be empty.
    std::function<void(JobState, const absl::Status&)> on_state;
    std::function<void(const JobExecution::GiveSplits&)> on_splits;
    std::function<void(const CheckpointStats&)> on_checkpoint;
  };

  // Makes the enumerators and discoveries of every source, to see whether they
  // can be made; errors are the author's.
  static absl::StatusOr<std::unique_ptr<JobMaster>> Open(
      const JobPlan& plan, Environment environment);

  // Carries out what has been posted. Returns when to come again, by
  // Clock::SteadyNanos, INT64_MAX = when woken.
  int64_t RunOnce();
  // RunOnce until the job has ended or is abandoned, asleep in between.
  void RunUntilEnd();
  // Leaves the job to another process: RunUntilEnd returns. Thread-safe.
  void Abandon() {
    mailbox_.Post({kAnyAttempt, [this] { abandoned_ = true; }});
  }

  // Answers whoever still waits: the job has ended.
  ~JobMaster();

  void Cancel();
  // Asks for a checkpoint or a savepoint; `answer` is called once: by the loop,
  // or by the destructor. kFailedPrecondition: the job keeps none or has ended.
  using Answer = std::function<void(absl::StatusOr<CheckpointId>)>;
  void Checkpoint(bool savepoint, Answer answer);
  // Ends the job, as FINISHED, with a savepoint: sources stop behind it, sinks
  // commit what it holds. Where it fails the job goes on. `drain`: windows fire
  // and all state is given out first, as at the end of the input; such a
  // savepoint is not to be gone on from. The job ends when it is released.
  void Stop(bool drain, Answer answer);
  // The store need not keep the savepoint any more; `lost`: it was not copied,
  // and a job that is stopped with it keeps its checkpoints. Thread-safe.
  void ReleaseSavepoint(CheckpointId savepoint, bool lost = false) {
    Post(kAnyAttempt, checkpoint::SavepointReleased{savepoint, lost});
  }
  // Terminal once nothing of the job is under way, in the store either.
  JobState state() const { return shown_state_; }
  bool is_over() const { return abandoned_ || IsTerminal(shown_state_); }
  Waker* waker() { return &waker_; }

 private:
  using Event = std::variant<JobExecution::Event, checkpoint::Event>;
  enum class Wish { kCheckpoint, kSavepoint, kStop, kDrain };
  struct Request {
    Wish wish;
    Answer answer;
  };
  struct Message {
    // Of the attempt that an event is of, or kAnyAttempt; of an earlier one it
    // concerns nobody.
    int64_t attempt;
    std::variant<Event, std::function<void()>, Request> content;
  };
  static constexpr int64_t kAnyAttempt = -1;
  // After a listing of the store that failed: nothing is deleted until then.
  static constexpr absl::Duration kSurveyRetry = absl::Minutes(1);

  JobMaster(const JobPlan& plan, Environment environment,
            SplitDealer::Sources sources,
            absl::btree_map<VertexId, SourceDiscoveries::Make> discoveries);

  void Post(int64_t attempt, Event event) {
    mailbox_.Post({attempt, std::move(event)});
  }
  void Take(Request request);
  Deployer::Listener ListenerOf(int64_t attempt);
  absl::Duration Now() const;

  // Events are stepped in order, each with all its actions before the next.
  void Enqueue(Event event) { events_.push_back(std::move(event)); }
  void StepAll();
  void Step(JobExecution::Event event);
  void Step(checkpoint::Event event);
  void ShowState(JobState state);

  void Do(JobExecution::Prepare);
  void Do(JobExecution::Deploy deploy);
  void Do(JobExecution::StopSubtasks);
  void Do(JobExecution::Settle);
  void Do(JobExecution::Discover discover);
  void Do(JobExecution::GiveSplits splits);
  void Do(checkpoint::ReserveId);
  void Do(checkpoint::Trigger trigger);
  void Do(checkpoint::DrainSources);
  void Do(checkpoint::Abort abort);
  void Do(checkpoint::WriteManifest write);
  void Do(checkpoint::SwapPointer swap);
  void Do(checkpoint::Complete complete);
  void Do(checkpoint::Delete waste);
  void Do(checkpoint::ForgetJob forget);
  void Do(checkpoint::FailAttempt fail);
  void Do(checkpoint::Answer answer);
  void Do(checkpoint::Settled);
  void Do(CheckpointReport report);
  void ShowCheckpoints();
  // Whether the coordinator keeps it, as of now; for any thread.
  std::function<bool(CheckpointId)> IsKept() const;
  void Survey();

  const JobPlan plan_;
  const Environment environment_;
  JobExecution execution_;
  CheckpointCoordinator coordinator_;
  std::optional<CheckpointErrands> errands_;
  std::optional<CheckpointMetrics> metrics_;
  std::optional<JobStateMetrics> state_metrics_;
  CheckpointStats stats_;
  JobState shown_state_ = JobState::kCreated;
  int64_t shown_restarts_ = 0;
  bool ending_ = false;  // The coordinator knows of the job's end.
  bool abandoned_ = false;
  int64_t attempts_ = 0;  // Without a store.
  CheckpointErrands::Beginning beginning_;  // Of the latest attempt.
  bool surveying_ = false;
  absl::Duration survey_at_ = absl::InfiniteDuration();
  std::shared_ptr<const Manifest> restored_;  // By that attempt.
  SourceDiscoveries discoveries_;
  std::map<int64_t, Answer> answers_;
  int64_t next_request_ = 1;
  std::deque<Event> events_;
  Waker waker_;
  Mailbox<Message> mailbox_;
};

}  // namespace millrace
