#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"
#include "state/storage/acknowledgement.h"

namespace millrace {

// The checkpoint that an attempt ends with: due when every subtask has drained,
// or taken because the job is to stop. Once it has completed, its subtasks are
// told again and again until they have all ended: word of it may get lost.
//
// No clock: `now` is given.
class FinalCheckpoint {
 public:
  // How long after one failed the next is taken.
  static constexpr absl::Duration kRetry = absl::Seconds(1);
  static constexpr absl::Duration kRepeat = absl::Seconds(5);

  void BeginAttempt(const std::vector<SubtaskId>& subtasks,
                    absl::Duration now) {
    running_ = {subtasks.begin(), subtasks.end()};
    completed_.reset();
    from_ = now;
  }

  void OnDrained(const SubtaskId& subtask) { running_.erase(subtask); }
  bool all_drained() const { return running_.empty(); }
  // REQUIRES: it has not completed.
  bool IsDue(absl::Duration now) const { return all_drained() && now >= from_; }

  void OnFailed(absl::Duration now) { from_ = now + kRetry; }
  void OnCompleted(CheckpointId checkpoint, absl::Duration now) {
    completed_ = checkpoint;
    repeat_at_ = now + kRepeat;
  }
  const std::optional<CheckpointId>& completed() const { return completed_; }

  // Whether it is to be said once more; not again before kRepeat has passed.
  bool TakeRepeat(absl::Duration now) {
    if (!completed_ || now < repeat_at_) return false;
    repeat_at_ = now + kRepeat;
    return true;
  }

  // When one of these may have become true; InfiniteDuration: not by time.
  absl::Duration WakeAt() const {
    if (completed_) return repeat_at_;
    return all_drained() ? from_ : absl::InfiniteDuration();
  }

 private:
  absl::btree_set<SubtaskId> running_;  // Not drained.
  absl::Duration from_;                 // None is begun before it.
  std::optional<CheckpointId> completed_;
  absl::Duration repeat_at_;
};

}  // namespace millrace
