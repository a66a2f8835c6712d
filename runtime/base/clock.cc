#include "runtime/base/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace millrace {

absl::Time SystemClock::Now() const { return absl::Now(); }

int64_t SystemClock::SteadyNanos() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace millrace
