#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/operator_metrics.h"
#include "runtime/operators/rejection_policy.h"
#include "runtime/operators/source_command.h"
#include "runtime/operators/source_emitter.h"
#include "runtime/operators/source_idleness.h"
#include "runtime/operators/source_projection.h"
#include "runtime/operators/source_rejections.h"
#include "runtime/operators/split_watermarks.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// The head of a source subtask: polls a SplitReader and turns what it decodes
// into the stream's events.
//
// Watermarks: each split's is the running maximum of the watermark expression;
// the subtask's is the least of its splits', emitted every emit_interval_ms of
// processing time, at a split's end, and before any row that is already behind
// it (SourceEmitter). What has no rows leaves the minimum (SourceIdleness). A
// restored source goes on from the watermarks of its splits and its own.
//
// Checkpoints: a trigger puts a barrier behind all that was given out, and
// commands behind it wait until the barrier is: so Snapshot, called then, has
// what came before the trigger and nothing else.
//
// Owned by one worker, which calls Next again and again.
class SourceOperator {
 public:
  struct Parts {
    std::unique_ptr<SplitReader> reader;
    // Null where the decoded columns are the output.
    std::unique_ptr<GuardedEvaluator> columns;
    // Over the output: the watermark's expression, then the filter, each where
    // the spec has one. Null without either.
    std::unique_ptr<GuardedEvaluator> conditions;
    std::optional<WatermarkSpec> watermark;
    bool has_filter = false;
    std::unique_ptr<RejectionPolicy> rejections;
    std::shared_ptr<OperatorMetrics> metrics;
    // Asks the master for a split; called when there is none left to read.
    std::function<void()> request_splits;
    // Records read between two barriers, for tests that want checkpoints after
    // so many; then it waits for the next.
    int64_t records_per_checkpoint = INT64_MAX;
    // At most so often rows are followed by a latency marker; infinite: never.
    absl::Duration latency_interval = absl::InfiniteDuration();
  };

  using Step = SourceStep;

  SourceOperator(Parts parts, const OperatorContext& context);

  // Carried out by the next calls of Next, in order.
  void Take(SourceCommand command) {
    commands_.push_back(std::move(command));
  }

  // Errors end the attempt.
  absl::StatusOr<Step> Next();

  // After kNothing: when there may be something, by Clock::SteadyNanos;
  // INT64_MAX = only a wake-up tells.
  int64_t NextPollNanos() const { return next_poll_nanos_; }

  // Right after the barrier of `checkpoint`: where to continue from. Lists
  // "splits" (StoredSplit), "watermark" and "held".
  absl::Status Snapshot(CheckpointId checkpoint, SnapshotWriter& writer);
  // Once, before the first Next: splits of the snapshot are read on.
  absl::Status Restore(SnapshotReader& reader);
  // Tells the reader; nothing happens for a checkpoint that is not known.
  void OnCheckpointComplete(CheckpointId checkpoint);
  // Reads on where it stands still behind that barrier; gives it out no more.
  void OnCheckpointAbort(CheckpointId checkpoint);

 private:
  // Up to the first trigger.
  absl::Status TakeCommands();
  void EndHere();
  bool StandsStill() const { return stands_at_ > aborted_; }
  absl::Status AddSplits(const std::vector<Split>& splits);
  // Says what to do while no split is open.
  void AskOrEnd();
  absl::Status TakePoll(Poll poll, int64_t now_nanos);
  absl::Status TakeRows(int split, int64_t event_time_limit_ms, Batch decoded);
  // Behind rows that were polled at `now_nanos`, where one is due.
  void EmitDueMarker(int64_t now_nanos);
  void WaitForMore(int64_t now_nanos, absl::Duration retry_after);

  const std::string name_;
  const Clock* const clock_;
  const std::unique_ptr<SplitReader> reader_;
  const std::optional<WatermarkSpec> watermark_;
  const std::shared_ptr<OperatorMetrics> metrics_;
  const std::function<void()> request_splits_;

  SplitWatermarks splits_;
  SourceEmitter emitter_;
  SourceIdleness idleness_;
  SourceProjection projection_;
  SourceRejections rejections_;

  // Snapshots whose checkpoints may still complete: that under way, and the
  // one before, of which the news may be late.
  static constexpr size_t kMaxOpen = 2;
  struct OpenSnapshot {
    CheckpointId checkpoint;
    std::vector<Split> positions;
  };

  const int64_t marker_interval_nanos_;
  int64_t next_marker_nanos_ = INT64_MIN;

  const int64_t records_per_checkpoint_;
  int64_t records_left_;  // Before the next barrier.
  std::deque<SourceCommand> commands_;
  std::vector<std::string> split_ids_;  // By index.
  std::deque<OpenSnapshot> open_snapshots_;

  int64_t next_emit_nanos_ = 0;
  int64_t next_poll_nanos_ = INT64_MAX;
  bool asked_ = false;
  bool no_more_splits_ = false;
  bool ended_ = false;
  // The barrier that nothing is to follow, 0: none, unless it was aborted.
  CheckpointId stands_at_{0};
  CheckpointId aborted_{0};
};

}  // namespace millrace
