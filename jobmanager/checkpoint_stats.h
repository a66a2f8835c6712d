#pragma once

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "jobmanager/checkpoint_report.h"
#include "runtime/base/metrics.h"

namespace millrace {

// What became of a job's checkpoints so far, savepoints counted in.
struct CheckpointStats {
  int64_t begun = 0;
  int64_t completed = 0;
  int64_t failed = 0;
  bool in_progress = false;
  // The latest that completed; no id: none yet.
  CheckpointId last_completed;
  absl::Time last_completed_at = absl::InfinitePast();
  absl::Duration last_duration;
  int64_t last_state_bytes = 0;    // All that a restore reads.
  int64_t last_written_bytes = 0;  // What of it was new.
  absl::Status last_failure;
  CheckpointReport latest;  // Of whichever was heard of last.
  // What the attempt was restored from.
  CheckpointId restored;
  absl::Time restored_at = absl::InfinitePast();

  void Add(const CheckpointReport& report, absl::Time now);
};

// The same by Flink's metric names, in the scope of the job. Written by the
// master's loop, read by any thread.
class CheckpointMetrics {
 public:
  explicit CheckpointMetrics(std::shared_ptr<MetricGroup> group);

  void Set(const CheckpointStats& stats, int64_t restarts);

 private:
  const std::shared_ptr<MetricGroup> group_;
  Gauge* const last_duration_;
  Gauge* const last_size_;
  Gauge* const last_full_size_;
  Gauge* const last_id_;
  Gauge* const last_completed_;
  Gauge* const last_restore_;
  Gauge* const in_progress_;
  Gauge* const completed_;
  Gauge* const failed_;
  Gauge* const total_;
  Gauge* const restarts_;
};

}  // namespace millrace
