#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/clock.h"

namespace millrace {

// How fast a number grows, for the "...PerSecond" metrics: the average between
// two readings that lie at least kWindow apart. Costs nothing while nobody
// reads. Thread-safe.
class Rate {
 public:
  static constexpr absl::Duration kWindow = absl::Seconds(1);

  explicit Rate(const Clock* clock) : clock_(clock) {}

  // The growth a second of a number that is `value` now.
  double PerSecond(int64_t value);

 private:
  const Clock* const clock_;
  absl::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t last_nanos_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_value_ ABSL_GUARDED_BY(mutex_) = 0;
  double per_second_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace
