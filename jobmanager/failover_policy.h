#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/rng.h"
#include "runtime/connector/options.h"

namespace millrace {

// Whether a failed attempt is followed by another, and after how long: Flink's
// restart strategies. Pure; `now` is the steady clock's.
//
// What would only come again is never tried again, whatever the strategy: a
// record that cannot be read must not make a job loop.
class FailoverPolicy {
 public:
  enum class Strategy { kNone, kFixedDelay, kFailureRate, kExponentialDelay };
  struct Options {
    Strategy strategy = Strategy::kNone;
    // A job that has not yet begun (JobExecution says what that is) ends with
    // its first failure: whoever started it is still there to read why.
    bool only_once_begun = false;

    // kFixedDelay: restarts in a job's life.
    int64_t attempts = 1;
    // kFixedDelay, kFailureRate: before each restart.
    absl::Duration delay = absl::Seconds(1);

    // kFailureRate: more than this many failures within the interval end it.
    int64_t failures_per_interval = 1;
    absl::Duration failure_interval = absl::Minutes(1);

    // kExponentialDelay: the first delay, and what it grows by and up to.
    absl::Duration initial_backoff = absl::Seconds(1);
    absl::Duration max_backoff = absl::Minutes(1);
    double multiplier = 1.5;
    // Each delay is up to this share longer or shorter, so that jobs which
    // failed together do not come back together.
    double jitter = 0.1;
    // An attempt that ran so long begins anew: first delay, no restarts.
    absl::Duration reset_threshold = absl::Hours(1);
    // More restarts than this, without such an attempt, end it.
    int64_t attempts_before_reset = INT64_MAX;
  };

  FailoverPolicy(const Options& options, uint64_t seed)
      : options_(options), rng_(seed) {}

  // An attempt failed: the delay before the next, nullopt: there is none.
  std::optional<absl::Duration> OnFailure(const absl::Status& failure,
                                          absl::Duration now,
                                          bool has_begun = true);

  // Whether the same failure may be gone the next time.
  static bool MayPass(const absl::Status& failure);

 private:
  std::optional<absl::Duration> OnFailureRate(absl::Duration now);
  std::optional<absl::Duration> OnExponential(absl::Duration now);

  const Options options_;
  Rng rng_;
  int64_t restarts_ = 0;
  absl::Duration backoff_;
  // When the latest restart was due; before the first, never.
  absl::Duration restarted_ = -absl::InfiniteDuration();
  std::deque<absl::Duration> failures_;  // kFailureRate: the latest.
};

// restart-strategy.*: the job's before the cluster's. Without a strategy:
// exponential-delay once the job has begun where it is checkpointed, none where
// it is not.
// kInvalidArgument (CFG-0002) for values that make no sense.
absl::StatusOr<FailoverPolicy::Options> ParseFailoverOptions(
    const TableOptions& job, const TableOptions& cluster, bool checkpointed);

}  // namespace millrace
