#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/connector/paced_writer.h"
#include "runtime/connector/sink.h"
#include "runtime/operators/barrier_listener.h"
#include "runtime/operators/constraint_enforcer.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/output_refusals.h"
#include "runtime/operators/sink_epochs.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// The tail of a chain: hands batches to a connector's Writer, holds them to the
// types of the table's columns, flushes what has grown old, and has output
// committed once its checkpoint is complete (SinkEpochs).
//
// After OnCheckpointComplete the worker calls IsSettled, after every wake-up
// and at NextTimer, until it says so.
class SinkOperator final : public Operator, public BarrierListener {
 public:
  struct Parts {
    std::unique_ptr<Writer> writer;
    std::unique_ptr<Committer> committer;  // Null: output needs no commit.
    // Where commits run. Null: nobody takes checkpoints (tests), and the end
    // of the input commits.
    Executor* background = nullptr;
    std::function<void()> wake = [] {};  // Of the worker. Thread-safe.
    // Gets the line that the writer says at the end, if any.
    std::function<void(std::string)> on_finish = [](std::string) {};
    // What becomes of records that the writer refuses; null: they fail the job.
    std::unique_ptr<OutputRefusals> refusals;
  };

  SinkOperator(const SinkSpec& spec, Parts parts,
               const OperatorContext& context);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;
  absl::StatusOr<Progress> Advance(int64_t watermark_ms,
                                   Output& output) override;
  absl::StatusOr<Progress> Fire(int64_t now_ms, Output& output) override;
  // When output has grown old, a commit is to be tried again, or the writer has
  // something to do.
  int64_t NextTimer() const override;
  absl::StatusOr<Progress> EndInput(Output& output) override;

  absl::StatusOr<Progress> BeforeSnapshot(CheckpointId checkpoint,
                                          Output& output) override;
  absl::Status Snapshot(SnapshotWriter& writer) override;
  absl::Status Restore(SnapshotReader& reader) override;
  void OnCheckpointBegun(CheckpointId checkpoint) override {
    if (stepped_ != nullptr) stepped_->OnCheckpointBegun(checkpoint);
  }
  void OnCheckpointAborted(CheckpointId checkpoint) override {
    if (stepped_ != nullptr) stepped_->OnCheckpointAborted(checkpoint);
  }
  void OnDraining() override {
    if (stepped_ != nullptr) stepped_->OnDraining();
  }
  absl::Status HeldUp() const override {
    return stepped_ != nullptr ? stepped_->HeldUp() : absl::OkStatus();
  }
  absl::Status OnCheckpointComplete(CheckpointId checkpoint,
                                    bool final) override;
  absl::StatusOr<bool> IsSettled() override;

 private:
  // `batch` with -D in place of -U.
  static Batch WithDeletes(const Batch& batch);
  absl::StatusOr<Progress> Flush();
  // Sets aside what the writer refused of `rows` rows.
  absl::Status TakeRefused(int64_t rows);
  void SetFlushTimer();
  // Says the writer's last line, once; false: it has more to do.
  absl::StatusOr<bool> Finish();

  const bool update_before_deletes_;
  const ConstraintEnforcer enforcer_;
  const std::unique_ptr<Writer> writer_;
  const absl::Duration flush_interval_;
  const bool takes_checkpoints_;
  CommittingWriter* const stepped_;  // The writer, if it is one, or null.
  PacedWriter* const paced_;         // Likewise.
  const std::unique_ptr<OutputRefusals> refusals_;
  const std::function<void(std::string)> on_finish_;
  const OperatorContext context_;
  SinkEpochs epochs_;
  int64_t flush_at_nanos_ = INT64_MAX;  // By Clock::SteadyNanos.
  bool final_ = false;  // The last checkpoint has completed.
  bool finished_ = false;

  MetricGroup own_metrics_{"sink", {}};  // Where the context has none.
  Counter* records_sent_;
};

}  // namespace millrace
