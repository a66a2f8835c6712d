#pragma once

#include "absl/time/time.h"

namespace millrace {

// The two times there are: the wall's, for processing time and for what people
// read; the steady one, for deadlines and durations. Injected everywhere, so
// that a simulation owns time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time. May jump when the machine's clock is set.
  virtual absl::Time Now() const = 0;

  // Nanoseconds that never go back; the zero is arbitrary.
  virtual int64_t SteadyNanos() const = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  int64_t SteadyNanos() const override;
};

// Stands still until told otherwise. For tests; not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time start) : now_(start) {}

  absl::Time Now() const override { return now_; }
  int64_t SteadyNanos() const override { return absl::ToUnixNanos(now_); }
  void AdvanceBy(absl::Duration step) { now_ += step; }

 private:
  absl::Time now_;
};

}  // namespace millrace
