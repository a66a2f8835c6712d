#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/connector/rejected_columns.h"
#include "runtime/operators/barrier_listener.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/rejection_policy.h"

namespace millrace {

// Writes what the operators of one chain set aside into a table, through an
// ordinary sink ('error-handling.log.target'). It is the chain's last operator:
// whatever the others reject at a step is in the sink's hands before the step
// passes it, so that a quarantined record is in the same epoch as its
// neighbours. Rows of the chain go through it unchanged.
//
// What is rejected between two steps waits here until the tasklet's next turn;
// when the sink is full the chain waits, and so reads no more.
//
// Owned by one chain, called by its worker only.
class RejectedRowStage final : public Operator, public BarrierListener {
 public:
  struct Options {
    std::string job;
    int64_t attempt = 0;
    // Not empty: the table is the default place, files of lines in this folder.
    // Its only column gets each record as DeadLetterLine has it.
    std::string lines_folder = {};
  };

  // `sink` takes the rows of `table`. SQL-0211 where the table has columns
  // that nothing goes into.
  static absl::StatusOr<std::unique_ptr<RejectedRowStage>> Open(
      const TableDescriptor& table, std::unique_ptr<Operator> sink,
      Options options);

  // Where an operator called `op` puts what it rejects. Not used after the
  // stage is gone.
  std::unique_ptr<RejectedSink> NewSink(std::string op);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;
  absl::StatusOr<Progress> Advance(int64_t watermark_ms,
                                   Output& output) override;
  absl::StatusOr<Progress> Fire(int64_t now_ms, Output& output) override;
  int64_t NextTimer() const override;
  absl::StatusOr<Progress> EndInput(Output& output) override;
  absl::StatusOr<Progress> BeforeSnapshot(CheckpointId checkpoint,
                                          Output& output) override;
  absl::Status Snapshot(SnapshotWriter& writer) override;
  absl::Status Restore(SnapshotReader& reader) override;
  void OnCheckpointBegun(CheckpointId checkpoint) override {
    if (listener_ != nullptr) listener_->OnCheckpointBegun(checkpoint);
  }
  void OnCheckpointAborted(CheckpointId checkpoint) override {
    if (listener_ != nullptr) listener_->OnCheckpointAborted(checkpoint);
  }
  void OnDraining() override {
    if (listener_ != nullptr) listener_->OnDraining();
  }
  absl::Status HeldUp() const override {
    return listener_ != nullptr ? listener_->HeldUp() : absl::OkStatus();
  }
  absl::Status OnCheckpointComplete(CheckpointId checkpoint,
                                    bool final) override;
  absl::StatusOr<bool> IsSettled() override;

 private:
  class Sink;

  RejectedRowStage(std::vector<LogicalType> types,
                   std::vector<RejectedField> fields,
                   std::unique_ptr<Operator> sink, Options options)
      : types_(std::move(types)),
        fields_(std::move(fields)),
        sink_(std::move(sink)),
        listener_(dynamic_cast<BarrierListener*>(sink_.get())),
        options_(std::move(options)) {}

  void Add(const RejectedRecord& record, absl::string_view op,
           absl::Time now);
  // Hands on what waits; kDone: all of it. SRC-0042 where the default place
  // cannot be written.
  absl::StatusOr<Progress> Offer();

  const std::vector<LogicalType> types_;
  const std::vector<RejectedField> fields_;
  const std::unique_ptr<Operator> sink_;
  BarrierListener* const listener_;  // The sink, if it is one, or null.
  const Options options_;
  std::deque<std::vector<Value>> waiting_;
  std::optional<Batch> offered_;  // The first of them; the sink was full.
};

}  // namespace millrace
