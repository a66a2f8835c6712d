#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/base/rng.h"

namespace millrace::sim {

// The one time of a simulated cluster. Each look at it costs a few simulated
// microseconds, so that a loop that works until a deadline comes to its end,
// each time after another number of steps.
class SimClock final : public Clock {
 public:
  explicit SimClock(uint64_t seed) : looks_(seed) {}

  absl::Time Now() const override {
    return absl::FromUnixNanos(kEpochNanos + nanos_ + wall_step_nanos_);
  }
  int64_t SteadyNanos() const override {
    nanos_ += 1'000 + static_cast<int64_t>(looks_.Below(40'000));
    return nanos_;
  }

  // Without the cost of a look.
  int64_t nanos() const { return nanos_; }
  void AdvanceTo(int64_t nanos) {
    if (nanos > nanos_) nanos_ = nanos;
  }
  // Somebody sets the machine's clock; steady time knows nothing of it.
  void StepWall(int64_t nanos) { wall_step_nanos_ += nanos; }

 private:
  static constexpr int64_t kEpochNanos = 1'700'000'000'000'000'000;

  mutable Rng looks_;
  mutable int64_t nanos_ = 1'000'000;
  int64_t wall_step_nanos_ = 0;
};

}  // namespace millrace::sim
