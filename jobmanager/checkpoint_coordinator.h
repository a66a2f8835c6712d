#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "jobmanager/checkpoint_config.h"
#include "jobmanager/checkpoint_farewell.h"
#include "jobmanager/checkpoint_in_progress.h"
#include "jobmanager/checkpoint_report.h"
#include "jobmanager/checkpoint_requests.h"
#include "jobmanager/checkpoint_schedule.h"
#include "jobmanager/checkpoint_steps.h"
#include "jobmanager/final_checkpoint.h"
#include "jobmanager/retained_checkpoints.h"
#include "jobmanager/snapshot_files.h"
#include "state/storage/manifest.h"

namespace millrace {

// Decides about the checkpoints of one job, over all its attempts: when one is
// taken, when it counts, what may be deleted. One is under way at a time.
//
//   reserve an id -> barrier -> every subtask acknowledges -> manifest written
//   -> pointer swapped -> complete: sinks commit
//
// Aligned barriers of Chandy and Lamport (Carbone et al. 2015, section 3.2).
// What it holds to:
//   - nothing is complete before the pointer is known to name it, and nothing
//     that either outcome of a swap needs is deleted before that is known;
//     where another attempt of the job took over, nothing is deleted at all
//   - an acknowledgement counts for (attempt, checkpoint, subtask), once; any
//     other changes nothing, but the files that only it knows of are deleted
//   - no file that a retained checkpoint, a savepoint or the one under way
//     refers to is ever deleted, and a snapshot that refers to a file which is
//     neither kept nor its own upload is refused
//   - the last failure of more in a row than are tolerated fails the attempt;
//     savepoints do not count
//   - one that a sink holds up, because it waits for another system (SNK-0311),
//     waits too, however long, and no other is begun: a barrier has whatever
//     stands in front of it taken, also by sinks that are full. Who asks for a
//     savepoint, or did, is told; that one is given up and does not count
//   - what the store holds and nothing refers to is found at the beginning of
//     an attempt, and deleted
//   - a savepoint is kept until it is released and moves no pointer: a restart
//     does not read it and no sink commits by it
//   - once every subtask has drained, a final checkpoint is taken at once, at
//     any interval; when it completes, the job's output is whole
//   - a job that is stopped ends with a checkpoint that counts like any other,
//     and reads nothing after it: an attempt that is restored from it, by
//     whichever master, only commits what it holds. Where that master cannot
//     know whether the savepoint was copied, the checkpoints stay
//
// Without a store (Options::has_store) only final checkpoints are taken, and
// acknowledgements are all there is of them.
//
// A state machine: no I/O, no clock, no lock. `now` is the steady clock's.
class CheckpointCoordinator {
 public:
  struct Options {
    CheckpointConfig config;
    std::string job_id;
    std::string job_name;
    int max_parallelism = 128;
    std::vector<Manifest::Vertex> vertices;
    bool has_store = true;
  };

  using Event = checkpoint::Event;
  using Action = checkpoint::Action;

  explicit CheckpointCoordinator(Options options);

  std::vector<Action> Step(Event event, absl::Duration now);
  // When to Step with a Tick, InfiniteDuration: never.
  absl::Duration WakeAt() const;

  // What a restart must restore, or something newer; nullopt: nothing yet.
  std::optional<CheckpointId> latest() const { return latest_; }
  const RetainedCheckpoints& retained() const { return retained_; }
  // Whether the checkpoint that the attempt ends with has completed.
  bool has_ended() const { return final_.completed().has_value(); }

 private:
  using Phase = CheckpointInProgress::Phase;
  using Actions = std::vector<Action>;

  // How long after the store failed it is asked again.
  static constexpr absl::Duration kRetry = absl::Seconds(1);

  struct Attempt {
    int64_t number = 0;
    std::vector<SubtaskId> subtasks;
  };

  void On(checkpoint::AttemptStarted event, Actions& actions);
  void On(checkpoint::AttemptEnded event, Actions& actions);
  void On(checkpoint::JobEnded event, Actions& actions);
  void On(checkpoint::Tick event, Actions& actions);
  void On(checkpoint::Asked event, Actions& actions);
  void On(checkpoint::StopAsked event, Actions& actions);
  void On(checkpoint::DrainRefused event, Actions& actions);
  void On(checkpoint::SavepointReleased event, Actions& actions);
  void On(checkpoint::IdReserved event, Actions& actions);
  void On(checkpoint::TriggerFailed event, Actions& actions);
  void On(checkpoint::Acknowledged event, Actions& actions);
  void On(checkpoint::Drained event, Actions& actions);
  void On(checkpoint::ManifestWritten event, Actions& actions);
  void On(checkpoint::PointerSwapped event, Actions& actions);
  void On(checkpoint::JobForgotten event, Actions& actions);
  void On(checkpoint::Listed event, Actions& actions);

  bool IsUnderWay(Phase phase) const {
    return current_.has_value() && current_->phase == phase;
  }
  SnapshotFiles FilesFor(int64_t attempt, CheckpointId checkpoint) const {
    return SnapshotFiles(options_.job_id, attempt, checkpoint);
  }

  // Takes a request in, or answers why not; whether it was taken.
  bool Enlist(int64_t request, CheckpointKind kind, Actions& actions);
  void BeginNext(Actions& actions);
  void Begin(CheckpointKind kind, Actions& actions);
  void SendBarrier(CheckpointId id, Actions& actions);
  // A subtask's part will never be, or its barrier waits (SNK-0311).
  void OnDeclined(absl::Status why, Actions& actions);
  void OnAllAcknowledged(Actions& actions);
  void CompleteCurrent(Actions& actions);
  void OnLastCompleted(const CheckpointInProgress& done, Actions& actions);
  // The one under way will not be: drops it, and counts it.
  void FailCurrent(absl::Status cause, Actions& actions);
  // The same without blame.
  void DropCurrent(absl::Status cause, Actions& actions);
  // Whether it counts is for the next attempt to find out: fails this one,
  // and deletes nothing.
  void LeaveCurrent(absl::Status cause, Actions& actions);
  void Report(const CheckpointInProgress& failed, const absl::Status& cause,
              Actions& actions) const;
  void OnRefusal(const absl::Status& status, absl::string_view doing,
                 Actions& actions);
  // Its attempt is over: drops it now, or once the store has answered.
  void DoomCurrent(Actions& actions);
  static void AskStore(std::optional<Action> request, Actions& actions);
  void AskLater(const absl::Status& refusal, Actions& actions);
  // What is under way is to be given up or tried again.
  void OnCurrentDue(Actions& actions);
  void FailAttempt(absl::Status cause, Actions& actions);
  static void Answer(const std::vector<int64_t>& requests,
                     const absl::StatusOr<CheckpointId>& outcome,
                     Actions& actions);
  void Settle(Actions& actions);

  void Delete(std::vector<std::string> names, Actions& actions);
  // What only this acknowledgement knows of.
  void DeleteUploads(const checkpoint::Acknowledged& event, Actions& actions);

  const Options options_;
  absl::Duration now_;  // Of the step under way.
  CheckpointSchedule schedule_;
  RetainedCheckpoints retained_;
  std::optional<Attempt> attempt_;
  std::optional<CheckpointInProgress> current_;
  std::optional<CheckpointId> latest_;
  std::optional<CheckpointId> left_;  // By LeaveCurrent.
  CheckpointId last_id_;
  int failures_in_a_row_ = 0;
  CheckpointRequests requests_;
  FinalCheckpoint final_;  // Of the latest attempt.
  // Somebody was told that the job ends with it.
  std::optional<CheckpointId> stopped_at_;
  std::optional<JobState> ended_;
  bool settling_ = false;  // Settled is owed.
  CheckpointFarewell farewell_;
};

}  // namespace millrace
