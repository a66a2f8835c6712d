#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace millrace {

// How fast counters grow, by what they were when somebody looked before: the
// "...PerSecond" of pages, whose counters come without a history.
//
// A rate is over the time since a look at least kShortest ago; of a counter
// that nobody has looked at for kLongest, over the time since it began. So who
// looks every few seconds sees the rate of those seconds. Thread-safe.
class RateBook {
 public:
  static constexpr absl::Duration kShortest = absl::Seconds(1);
  static constexpr absl::Duration kLongest = absl::Minutes(1);
  // Counters looked at within kLongest; of more no history is kept.
  static constexpr size_t kMostCounters = 100000;

  // Per second, of the counter `name` that is `count` at `now` and was 0 at
  // `began`. 0 while no time has passed.
  double Rate(const std::string& name, int64_t count, absl::Time began,
              absl::Time now);

 private:
  struct Look {
    absl::Time at;
    int64_t count = 0;
  };
  struct Looks {
    Look before;  // What the rate is counted from.
    Look latest;
  };
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::map<std::string, Looks> looks_ ABSL_GUARDED_BY(mutex_);
  absl::Time forgot_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace millrace
