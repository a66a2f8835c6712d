#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/base/clock.h"
#include "tests/sim/sim_clock.h"

namespace millrace::sim {

// The clocks of one machine: its steady one began at some time, runs a little
// faster or slower than others, and stands still while the machine is
// suspended; its wall clock may be set wrong.
class ProcessClock final : public Clock {
 public:
  struct Options {
    double rate = 1;
    int64_t began_nanos = 0;
    absl::Duration wall_error;
  };
  // `world` outlives it.
  ProcessClock(const SimClock* world, const Options& options)
      : world_(world), options_(options) {}

  absl::Time Now() const override {
    return world_->Now() + options_.wall_error;
  }
  int64_t SteadyNanos() const override {
    return options_.began_nanos +
           static_cast<int64_t>(
               options_.rate *
               static_cast<double>(world_->SteadyNanos() - suspended_nanos_));
  }
  // For so long from now on, in which nobody looks at it.
  void Suspend(int64_t nanos) { suspended_nanos_ += nanos; }

  // When in the world it shows that.
  int64_t WorldNanos(int64_t steady_nanos) const {
    return suspended_nanos_ +
           static_cast<int64_t>(std::ceil(
               static_cast<double>(steady_nanos - options_.began_nanos) /
               options_.rate));
  }

 private:
  const SimClock* const world_;
  const Options options_;
  int64_t suspended_nanos_ = 0;
};

}  // namespace millrace::sim
