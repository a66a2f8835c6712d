#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "runtime/base/clock.h"

namespace millrace {

// A deadline of an operator that only waits so long, whatever becomes of the
// wall's clock: kept in steady time, told in that of Operator::NextTimer.
class SteadyTimer {
 public:
  // `clock` outlives the timer.
  explicit SteadyTimer(const Clock* clock) : clock_(clock) {}

  // Nothing where it is set; InfiniteDuration = never.
  void SetAfter(absl::Duration wait);
  void Clear() { due_nanos_ = INT64_MAX; }

  // For Operator::NextTimer: the wall's milliseconds at which it is due, as
  // the wall's clock stands now; INT64_MAX = it is not set.
  int64_t NextTimer() const;

 private:
  const Clock* const clock_;
  int64_t due_nanos_ = INT64_MAX;
};

}  // namespace millrace
