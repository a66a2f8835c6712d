#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "jobmanager/failover_policy.h"
#include "jobmanager/job_state.h"
#include "jobmanager/split_dealer.h"
#include "state/storage/acknowledgement.h"
#include "state/storage/manifest.h"

namespace millrace {

// One job, as its master decides about it: deploys an attempt, hands splits to
// its source subtasks, waits for every subtask to end. When one fails the
// others are stopped, and the failover policy says whether another attempt
// follows, restored from the latest completed checkpoint, or the job has
// failed. The first failure of an attempt is its cause; what fails while
// stopping is only its echo.
//
// A state machine: no I/O, no clock, no lock. An event that comes twice, late
// or after the end changes nothing; the caller keeps away what an earlier
// attempt still says. `now` is the steady clock's.
class JobExecution {
 public:
  // What an attempt begins with.
  struct Basis {
    int64_t attempt = 0;
    std::shared_ptr<const Manifest> restore;  // Null: from nothing.
  };

  // Events.
  struct Start {};
  struct Prepared {
    absl::StatusOr<Basis> basis;
  };
  struct Deployed {
    absl::Status status;
    std::vector<SubtaskId> subtasks;
    int stoppers = 0;  // How many Stopped a StopSubtasks is answered with.
  };
  // OK: all its output is committed.
  struct SubtaskEnded {
    SubtaskId subtask;
    absl::Status status;
  };
  // Something other than a subtask fails the attempt: its checkpoints.
  struct AttemptFailed {
    absl::Status status;
  };
  struct Stopped {};
  // No checkpoint of an ended attempt can complete any more: what is the
  // latest now stays the latest.
  struct Settled {};
  struct SplitsRequested {
    VertexId source;
    int subtask = 0;
  };
  struct Discovered {
    VertexId source;
    absl::StatusOr<std::vector<Split>> splits;
  };
  struct CheckpointCompleted {};
  struct CancelAsked {};
  struct Tick {};
  using Event = std::variant<Start, Prepared, Deployed, SubtaskEnded,
                             AttemptFailed, Stopped, Settled, SplitsRequested,
                             Discovered, CheckpointCompleted, CancelAsked,
                             Tick>;

  // Actions.
  // Numbers the next attempt and loads the latest checkpoint; answered by
  // Prepared.
  struct Prepare {};
  struct Deploy {
    Basis basis;
  };
  struct StopSubtasks {};
  // Ends the attempt's checkpoints; answered by Settled.
  struct Settle {};
  using Discover = SplitDealer::Discover;
  using GiveSplits = SplitDealer::GiveSplits;
  using Action = std::variant<Prepare, Deploy, StopSubtasks, Settle, Discover,
                              GiveSplits>;

  JobExecution(SplitDealer::Sources sources, FailoverPolicy failover);

  std::vector<Action> Step(Event event, absl::Duration now);
  // When to Step with a Tick, InfiniteDuration: never.
  absl::Duration WakeAt() const;

  JobState state() const { return state_; }
  // OK unless the job is restarting, failing or failed.
  const absl::Status& first_failure() const { return first_failure_; }
  // The latest; 0 before the first was numbered.
  int64_t attempt() const { return basis_.attempt; }
  int64_t restarts() const { return restarts_; }
  // Every subtask of the attempt runs, none was told to stop.
  bool is_up() const { return phase_ == Phase::kUp; }
  // What the enumerators know now. REQUIRES: is_up().
  std::vector<Manifest::Enumerator> SnapshotEnumerators() const {
    return dealer_->Snapshot();
  }

 private:
  enum class Phase { kNone, kPreparing, kDeploying, kUp, kStopping, kWaiting };
  using Actions = std::vector<Action>;

  void On(Start event, Actions& actions);
  void On(Prepared event, Actions& actions);
  void On(Deployed event, Actions& actions);
  void On(SubtaskEnded event, Actions& actions);
  void On(AttemptFailed event, Actions& actions);
  void On(Stopped event, Actions& actions);
  void On(Settled event, Actions& actions);
  void On(SplitsRequested event, Actions& actions);
  void On(Discovered event, Actions& actions);
  void On(CheckpointCompleted event, Actions& actions);
  void On(CancelAsked event, Actions& actions);
  void On(Tick event, Actions& actions);

  void Fail(absl::Status status, Actions& actions) {
    Fail(std::move(status), begun_, actions);
  }
  void Fail(absl::Status status, bool has_begun, Actions& actions);
  void Stop(JobState state, Actions& actions);
  void OnNothingRuns(Actions& actions);
  void RestartWhenDue(Actions& actions);
  void NameEarlierCause();

  const SplitDealer::Sources sources_;
  FailoverPolicy failover_;
  // It has completed a checkpoint, or goes on from one: a failure from now on
  // comes to a job that nobody may be watching.
  bool begun_ = false;
  absl::Duration now_;  // Of the step under way.
  JobState state_ = JobState::kCreated;
  Phase phase_ = Phase::kNone;
  absl::Status first_failure_;
  // What began the failures since a checkpoint was last completed.
  absl::Status earlier_cause_;
  int64_t restarts_ = 0;
  int64_t failures_in_a_row_ = 0;
  Basis basis_;
  std::optional<SplitDealer> dealer_;  // Of the attempt.
  bool stop_when_deployed_ = false;
  absl::btree_set<SubtaskId> running_;
  int stoppers_left_ = 0;
  bool settled_ = true;
  absl::Duration restart_at_ = absl::InfiniteDuration();
};

}  // namespace millrace
