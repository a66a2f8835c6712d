#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace millrace {

// When checkpoints are due by the clock: one every interval, counted from
// trigger to trigger, and never sooner than the minimum pause after the one
// before has ended, however it ended. What falls due while another is under
// way is taken once, not several times.
class CheckpointSchedule {
 public:
  CheckpointSchedule(absl::Duration interval, absl::Duration min_pause)
      : interval_(interval), min_pause_(min_pause) {}

  // An attempt begins at `now`.
  void Restart(absl::Duration now) {
    next_ = now + interval_;
    earliest_ = now;
  }
  void OnBegun(absl::Duration now) { next_ = now + interval_; }
  void OnEnded(absl::Duration now) { earliest_ = now + min_pause_; }

  // InfiniteDuration: never.
  absl::Duration due() const { return std::max(next_, earliest_); }

 private:
  const absl::Duration interval_;
  const absl::Duration min_pause_;
  absl::Duration next_ = absl::InfiniteDuration();
  absl::Duration earliest_;
};

}  // namespace millrace
