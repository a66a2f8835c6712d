#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/mailbox.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/operator_metrics.h"
#include "runtime/operators/rejection_policy.h"
#include "runtime/operators/source_emitter.h"
#include "runtime/operators/source_idleness.h"
#include "runtime/operators/source_projection.h"
#include "runtime/operators/source_rejections.h"
#include "runtime/operators/split_watermarks.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// What the job's master tells a source subtask.
struct SplitCommand {
  std::vector<Split> splits;   // To be read, beside those it has.
  bool no_more_splits = false;
  // While it holds, the watermark does not rise and nothing is late.
  bool hold_watermark = false;
};

// The head of a source subtask: polls a SplitReader and turns what it decodes
// into the stream's events.
//
// Watermarks: each split's is the running maximum of the watermark expression;
// the subtask's is the least of its splits', emitted every emit_interval_ms of
// processing time, at a split's end, and before any row that is already behind
// it (SourceEmitter). What has no rows leaves the minimum (SourceIdleness).
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
    // The master's commands; outlives the operator.
    Mailbox<SplitCommand>* inbox = nullptr;
    // Asks the master for a split; called when there is none left to read.
    std::function<void()> request_splits;
  };

  using Step = SourceStep;

  SourceOperator(Parts parts, const OperatorContext& context);

  // Errors end the attempt.
  absl::StatusOr<Step> Next();

  // After kNothing: when there may be something, by Clock::SteadyNanos;
  // INT64_MAX = only a wake-up tells.
  int64_t NextPollNanos() const { return next_poll_nanos_; }

  // The positions to continue from.
  absl::Status Snapshot(SnapshotWriter& writer);
  // Once, before the first Next: splits of the snapshot are read on.
  absl::Status Restore(SnapshotReader& reader);

 private:
  absl::Status TakeCommands();
  absl::Status AddSplits(const std::vector<Split>& splits);
  // Says what to do while no split is open.
  void AskOrEnd();
  absl::Status TakePoll(Poll poll, int64_t now_nanos);
  absl::Status TakeRows(int split, int64_t event_time_limit_ms, Batch decoded);
  void WaitForMore(int64_t now_nanos, absl::Duration retry_after);

  const std::string name_;
  const Clock* const clock_;
  const std::unique_ptr<SplitReader> reader_;
  const std::optional<WatermarkSpec> watermark_;
  const std::shared_ptr<OperatorMetrics> metrics_;
  Mailbox<SplitCommand>* const inbox_;
  const std::function<void()> request_splits_;

  SplitWatermarks splits_;
  SourceEmitter emitter_;
  SourceIdleness idleness_;
  SourceProjection projection_;
  SourceRejections rejections_;

  int64_t next_emit_nanos_ = 0;
  int64_t next_poll_nanos_ = INT64_MAX;
  bool asked_ = false;
  bool no_more_splits_ = false;
  bool ended_ = false;
};

}  // namespace millrace
