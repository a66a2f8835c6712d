#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/mailbox.h"
#include "runtime/expr/evaluator.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/operator_metrics.h"
#include "runtime/operators/rejection_policy.h"
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
// it. For that a batch is cut in front of such a row: whether a row is late
// depends on the rows before it and not on how they were batched.
//
// Idleness: a split without rows for idle_timeout_ms, counted only while the
// reader says that there is nothing to read (so not while back-pressured),
// leaves the minimum; with every split idle the subtask is, and so it is after
// idle_timeout_ms without any split.
//
// Owned by one worker, which calls Next again and again.
class SourceOperator {
 public:
  struct Parts {
    std::unique_ptr<SplitReader> reader;
    // Null where the decoded columns are the output.
    std::unique_ptr<Evaluator> columns;
    // Over the output: the watermark's expression, then the filter, each where
    // the spec has one. Null without either.
    std::unique_ptr<Evaluator> conditions;
    std::optional<WatermarkSpec> watermark;
    bool has_filter = false;
    std::unique_ptr<RejectionPolicy> rejections;
    std::shared_ptr<OperatorMetrics> metrics;
    // The master's commands; outlives the operator.
    Mailbox<SplitCommand>* inbox = nullptr;
    // Asks the master for a split; called when there is none left to read.
    std::function<void()> request_splits;
  };

  struct Step {
    enum class Kind {
      kBatch,      // `batch`
      kWatermark,  // `watermark_ms`
      kIdle,       // every split is idle
      kActive,     // not any more
      kNothing,    // come again at NextPollNanos, or when woken
      kEnd         // after kMaxWatermark; said once
    };
    Kind kind = Kind::kNothing;
    Batch batch;
    int64_t watermark_ms = 0;
  };

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
  void WaitWithoutSplit();
  absl::Status TakePoll(Poll poll, int64_t now_nanos);
  absl::Status TakeRows(int split, int64_t event_time_limit_ms, Batch decoded);
  // Takes rows out of `batch` whose event time the reader does not let pass.
  absl::Status RejectFuture(int64_t limit_ms, const Vector& event_times,
                            Batch& batch);
  absl::StatusOr<std::vector<VectorRef>> Evaluate(Evaluator& evaluator,
                                                  const Batch& batch);
  // Gives out `batch`, cut where a row is behind the watermark before it.
  void EmitCut(int split, const Batch& batch, const Vector& watermarks,
               const Vector& event_times, const VectorRef& filter);
  void EmitRows(const Batch& batch, Selection rows, const VectorRef& filter);
  void EmitWatermarkIfRisen();
  void EmitWatermark(int64_t watermark_ms);
  void UpdateIdleness(int64_t now_nanos);
  void TouchSplit(int split);

  Parts parts_;
  const OperatorContext context_;
  SplitWatermarks splits_;
  std::vector<int64_t> idle_nanos_;  // Of each split, since its last row.
  std::deque<Step> ready_;

  int64_t emitted_ms_ = kMinWatermark;
  int64_t next_emit_nanos_ = 0;
  int64_t next_poll_nanos_ = INT64_MAX;
  int64_t last_nothing_nanos_ = -1;  // -1: the last poll brought something.
  int64_t no_split_since_nanos_ = -1;  // -1: there are open splits.
  bool idle_ = false;
  bool asked_ = false;
  bool no_more_splits_ = false;
  bool held_ = false;
  bool ended_ = false;

  std::vector<uint32_t> rows_;  // Scratch.

  Counter* record_errors_;
};

}  // namespace millrace
