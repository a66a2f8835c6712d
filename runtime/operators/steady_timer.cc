#include "runtime/operators/steady_timer.h"

namespace millrace {

void SteadyTimer::SetAfter(absl::Duration wait) {
  if (due_nanos_ != INT64_MAX || wait == absl::InfiniteDuration()) return;
  due_nanos_ = clock_->SteadyNanos() + absl::ToInt64Nanoseconds(wait);
}

int64_t SteadyTimer::NextTimer() const {
  if (due_nanos_ == INT64_MAX) return INT64_MAX;
  constexpr int64_t kMilli = 1'000'000;
  const int64_t left_nanos = due_nanos_ - clock_->SteadyNanos();
  const int64_t left_ms =
      left_nanos <= 0 ? 0 : (left_nanos + kMilli - 1) / kMilli;
  return absl::ToUnixMillis(clock_->Now()) + left_ms;
}

}  // namespace millrace
