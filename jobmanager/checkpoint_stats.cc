#include "jobmanager/checkpoint_stats.h"

#include <utility>

namespace millrace {
namespace {

// Flink's word for "none yet".
constexpr int64_t kNone = -1;

int64_t MillisOrNone(absl::Time time) {
  return time == absl::InfinitePast() ? kNone : absl::ToUnixMillis(time);
}

}  // namespace

void CheckpointStats::Add(const CheckpointReport& report, absl::Time now) {
  latest = report;
  switch (report.outcome) {
    case CheckpointReport::Outcome::kBegun:
      ++begun;
      in_progress = true;
      return;
    case CheckpointReport::Outcome::kFailed:
      // One that failed before it had an id was not counted as begun.
      if (!in_progress) ++begun;
      ++failed;
      in_progress = false;
      last_failure = report.failure;
      return;
    case CheckpointReport::Outcome::kCompleted:
      ++completed;
      in_progress = false;
      last_completed = report.checkpoint;
      last_completed_at = now;
      last_duration = report.duration;
      last_state_bytes = report.state_bytes;
      last_written_bytes = report.written_bytes;
      return;
  }
}

CheckpointMetrics::CheckpointMetrics(std::shared_ptr<MetricGroup> group)
    : group_(std::move(group)),
      last_duration_(group_->AddGauge("lastCheckpointDuration",
                                      "Milliseconds of the latest checkpoint")),
      last_size_(group_->AddGauge("lastCheckpointSize",
                                  "Bytes that the latest checkpoint wrote")),
      last_full_size_(
          group_->AddGauge("lastCheckpointFullSize",
                           "Bytes that a restore of it reads")),
      last_id_(group_->AddGauge("lastCompletedCheckpointId",
                                "The latest checkpoint that completed")),
      last_completed_(group_->AddGauge("lastCheckpointCompletedTimestamp",
                                       "When it completed, Unix ms")),
      last_restore_(group_->AddGauge("lastCheckpointRestoreTimestamp",
                                     "When a checkpoint was restored last")),
      in_progress_(group_->AddGauge("numberOfInProgressCheckpoints",
                                    "Checkpoints under way")),
      completed_(group_->AddGauge("numberOfCompletedCheckpoints",
                                  "Checkpoints that completed")),
      failed_(group_->AddGauge("numberOfFailedCheckpoints",
                               "Checkpoints that failed")),
      total_(group_->AddGauge("totalNumberOfCheckpoints",
                              "Checkpoints begun")),
      restarts_(group_->AddGauge("numRestarts", "Restarts of the job")) {
  Set({}, 0);
}

void CheckpointMetrics::Set(const CheckpointStats& stats, int64_t restarts) {
  const bool any = stats.completed > 0;
  last_duration_->Set(any ? absl::ToInt64Milliseconds(stats.last_duration)
                          : kNone);
  last_size_->Set(any ? stats.last_written_bytes : kNone);
  last_full_size_->Set(any ? stats.last_state_bytes : kNone);
  last_id_->Set(any ? stats.last_completed.value() : kNone);
  last_completed_->Set(MillisOrNone(stats.last_completed_at));
  last_restore_->Set(MillisOrNone(stats.restored_at));
  in_progress_->Set(stats.in_progress ? 1 : 0);
  completed_->Set(stats.completed);
  failed_->Set(stats.failed);
  total_->Set(stats.begun);
  restarts_->Set(restarts);
}

}  // namespace millrace
