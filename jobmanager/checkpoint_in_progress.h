#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "jobmanager/checkpoint_report.h"
#include "state/storage/acknowledgement.h"
#include "state/storage/manifest.h"

namespace millrace {

// The checkpoint that is under way: who has yet to acknowledge it, and what
// those that did have said. The set of subtasks is frozen when it begins.
class CheckpointInProgress {
 public:
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

  bool IsMissing(const SubtaskId& subtask) const {
    return missing_.contains(subtask);
  }
  // REQUIRES: IsMissing(subtask).
  void Record(const SubtaskId& subtask,
              std::vector<OperatorSnapshot> snapshots);
  bool AllRecorded() const { return missing_.empty(); }
  // "3 of 8 subtasks did not answer: 2[0], 2[1], 5[0]", the first few.
  std::string MissingText() const;

  CheckpointReport ReportAt(absl::Duration now,
                            CheckpointReport::Outcome outcome) const {
    return {.outcome = outcome,
            .kind = kind,
            .checkpoint = manifest.checkpoint,
            .duration = now - begun};
  }

  bool is_savepoint() const { return kind == CheckpointKind::kSavepoint; }

  const CheckpointKind kind;
  const int64_t attempt;
  const absl::Duration begun;
  Phase phase = Phase::kReserving;
  // Where the store is to be asked once more: when. Infinite: it was asked.
  absl::Duration retry_at = absl::InfiniteDuration();
  // The pointer may have been moved although no answer said so. That can only
  // be settled, by asking again, not be given up.
  bool in_doubt = false;
  // Not OK: its attempt is over, so it is dropped when the store has answered.
  absl::Status doomed;
  std::vector<int64_t> requests;  // Of people who wait for it.
  Manifest manifest;

 private:
  const int subtasks_;
  absl::btree_set<SubtaskId> missing_;
};

}  // namespace millrace
