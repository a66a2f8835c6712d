#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "jobmanager/checkpoint_report.h"
#include "jobmanager/checkpoint_steps.h"
#include "state/storage/acknowledgement.h"
#include "state/storage/manifest.h"

namespace millrace {

// The checkpoint that is under way: who has yet to acknowledge it, and what
// those that did have said. The set of subtasks is frozen when it begins.
class CheckpointInProgress {
 public:
  // How long the store may refuse one thing, asked again and again: what lasts
  // longer does not pass by itself, and people are to hear of it.
  static constexpr absl::Duration kLongestRefusal = absl::Seconds(15);
  // How long a subtask's word that it is held up holds, at least: longer than
  // any pause between two tries to reach another system, after which it says so
  // again (CheckpointParticipant::kSayEvery).
  static constexpr absl::Duration kHeldUpFor = absl::Minutes(10);

  // How far it has come. The store is asked one thing at a time.
  enum class Phase {
    kReserving,      // asks for an id
    kCollecting,     // its barrier is on the way
    kWriting,        // its manifest is being written
    kSwapping    // the pointer to the latest is being moved to it
  };

  CheckpointInProgress(CheckpointKind kind, int64_t attempt,
                       const std::vector<SubtaskId>& subtasks,
                       absl::Duration begun)
      : kind(kind),
        attempt(attempt),
        begun(begun),
        subtasks_(static_cast<int>(subtasks.size())),
        missing_(subtasks.begin(), subtasks.end()) {}

  // Whether the store is to be asked once more, and was not yet.
  bool is_waiting() const { return retry_at_ != absl::InfiniteDuration(); }

  bool IsMissing(const SubtaskId& subtask) const {
    return missing_.contains(subtask);
  }
  // REQUIRES: IsMissing(subtask).
  void Record(const SubtaskId& subtask,
              std::vector<OperatorSnapshot> snapshots);
  bool AllRecorded() const { return missing_.empty(); }
  // "3 of 8 subtasks did not answer: 2[0], 2[1], 5[0]", the first few.
  std::string MissingText() const;

  // Begins `next`. Returns what the store is to be asked for it, if anything.
  std::optional<checkpoint::Action> Enter(Phase next);
  // The same once more.
  std::optional<checkpoint::Action> Request();
  // The store refused; it is asked again after `wait`.
  void OnRefused(const absl::Status& why, absl::Duration now,
                 absl::Duration wait);
  // When the store is to be asked again, or this is to be given up, where
  // `timeout` is all that it may take, unless it is held up.
  absl::Duration Due(absl::Duration timeout) const;
  // Whether it has taken too long, and why.
  std::optional<std::string> Overdue(absl::Duration timeout,
                                     absl::Duration now) const;

  // A barrier of it waits for another system, as `why` says: as long as that is
  // said again and again it has all the time that takes.
  void OnHeldUp(absl::Status why, absl::Duration now) {
    held_up_ = std::move(why);
    held_up_at_ = now;
  }
  // The last of these words; OK: there was none.
  const absl::Status& held_up() const { return held_up_; }
  // Whether it may wait so. Who asked for the others is told instead.
  bool may_wait() const {
    return kind == CheckpointKind::kPeriodic || kind == CheckpointKind::kFinal;
  }

  // Puts its operators into the order of uid and subtask.
  void SortOperators();

  CheckpointReport ReportAt(absl::Duration now,
                            CheckpointReport::Outcome outcome) const {
    return {.outcome = outcome,
            .kind = kind,
            .checkpoint = manifest.checkpoint,
            .duration = now - begun};
  }

  // It counts for nobody but who asked for it.
  bool is_savepoint() const { return kind == CheckpointKind::kSavepoint; }
  // The attempt ends with it.
  bool is_last() const {
    return kind == CheckpointKind::kFinal || kind == CheckpointKind::kStop;
  }

  const CheckpointKind kind;
  const int64_t attempt;
  const absl::Duration begun;
  Phase phase = Phase::kReserving;
  // The pointer may have been moved although no answer said so. That can only
  // be settled, by asking again, or left to the next attempt; the checkpoint
  // cannot be given up.
  bool in_doubt = false;
  // Somebody wants the job to end with it. Once the pointer is being moved it
  // stays as it is.
  bool ends_job = false;
  // Not OK: its attempt is over, so it is dropped when the store has answered.
  absl::Status doomed;
  std::vector<int64_t> requests;  // Of people who wait for it.
  Manifest manifest;

 private:
  absl::Duration GivenUpAt(absl::Duration timeout) const {
    return std::max(begun + timeout,
                    held_up_at_ + std::max(timeout, kHeldUpFor));
  }

  absl::Duration retry_at_ = absl::InfiniteDuration();
  absl::Duration refused_since_ = absl::InfiniteDuration();  // In this phase.
  absl::Status refusal_;                                     // The latest.
  absl::Status held_up_;
  absl::Duration held_up_at_ = -absl::InfiniteDuration();
  const int subtasks_;
  absl::btree_set<SubtaskId> missing_;
};

}  // namespace millrace
