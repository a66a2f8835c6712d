#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "jobmanager/checkpoint_stats.h"
#include "jobmanager/job_execution.h"
#include "runtime/base/strong_int.h"
#include "state/storage/restore_report.h"

namespace millrace {

// How one vertex of a running job is doing, all its subtasks together.
struct VertexStatus {
  VertexId id;
  std::string name;
  int parallelism = 1;
  bool is_source = false;
  bool is_sink = false;
  int64_t rows_in = 0;
  int64_t rows_out = 0;
  int64_t bytes_in = 0;  // Read from outside, by a source.
  // The least of its subtasks': what it gave out, a sink: what it took in.
  int64_t watermark_ms = 0;
  // The split that the watermark waits for, of a source; else empty.
  std::string watermark_holder;
  // Shares of the time since the last status, of the busiest subtask; 0 to 1.
  double busy = 0;
  double idle = 0;
  double back_pressured = 0;
};

// A job at one moment.
struct JobStatus {
  JobState state = JobState::kCreated;
  absl::Status first_failure;
  absl::Duration running_for;
  int64_t restarts = 0;
  absl::Status restart_cause;  // Of the latest.
  CheckpointStats checkpoints;
  RestoreReport restored;  // Of the attempt that runs, where it was restored.
  std::vector<VertexStatus> vertices;

  // Rows that its sources read and that its sinks took.
  int64_t RowsIn() const;
  int64_t RowsOut() const;
  // The least watermark of its sinks.
  int64_t WatermarkMs() const;
};

}  // namespace millrace
