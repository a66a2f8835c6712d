#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "jobmanager/job_state.h"
#include "runtime/connector/options.h"

namespace millrace {

// How a job is checkpointed: Flink's execution.checkpointing.* and its older
// names below state.*.
struct CheckpointConfig {
  // What becomes of the checkpoints when a job ends without having FINISHED
  // (one that has FINISHED needs them no more).
  enum class Retention {
    kDelete,                 // NO_EXTERNALIZED_CHECKPOINTS
    kDeleteOnCancellation,   // a FAILED job's stay
    kRetain                  // RETAIN_ON_CANCELLATION
  };

  // Infinite: none by the clock; savepoints and the final one are still taken.
  absl::Duration interval = absl::Seconds(10);
  // Between the end of one, however it ended, and the next begun by the clock.
  absl::Duration min_pause = absl::ZeroDuration();
  absl::Duration timeout = absl::Minutes(10);
  // Failures in a row that a job outlives; one more fails its attempt.
  int tolerable_failures = 0;
  int retained = 3;
  // Other than in Flink, where checkpoints are thrown away unless asked for:
  // what only a person can decide to lose is kept.
  Retention retention = Retention::kRetain;
  // Where they lie; empty: the caller's choice.
  std::string directory;
  std::string savepoint_directory;

  bool periodic() const { return interval != absl::InfiniteDuration(); }
  // Whether a job that ended so needs its checkpoints no more.
  bool ForgetsAt(JobState end) const {
    if (end == JobState::kFinished) return true;
    return retention == Retention::kDelete ||
           (retention == Retention::kDeleteOnCancellation &&
            end == JobState::kCanceled);
  }
};

// From what the job's script SET and, behind it, the cluster's configuration.
// kInvalidArgument (CFG-0002) for values that make no sense.
absl::StatusOr<CheckpointConfig> ParseCheckpointConfig(
    const TableOptions& job, const TableOptions& cluster);

}  // namespace millrace
