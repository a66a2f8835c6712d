#include "runtime/operators/sink_operator.h"

#include <algorithm>
#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {

SinkOperator::SinkOperator(const SinkSpec& spec, Parts parts,
                           const OperatorContext& context)
    : update_before_deletes_(spec.update_before_deletes),
      enforcer_(spec),
      writer_(std::move(parts.writer)),
      flush_interval_(writer_->FlushInterval()),
      takes_checkpoints_(parts.background != nullptr),
      stepped_(dynamic_cast<CommittingWriter*>(writer_.get())),
      paced_(dynamic_cast<PacedWriter*>(writer_.get())),
      refusals_(std::move(parts.refusals)),
      on_finish_(std::move(parts.on_finish)),
      context_(context),
      epochs_({.writer = writer_.get(),
               .committer = std::move(parts.committer),
               .background = parts.background,
               .wake = std::move(parts.wake),
               .clock = context.clock}) {
  MetricGroup* metrics =
      context.metrics != nullptr ? context.metrics : &own_metrics_;
  records_sent_ =
      metrics->AddCounter("numRecordsSend", "Rows handed to the connector.");
}

absl::StatusOr<Progress> SinkOperator::Process(int, const Batch& batch,
                                               Output&) {
  if (epochs_.is_committing()) RETURN_IF_ERROR(epochs_.Settle().status());
  ASSIGN_OR_RETURN(Batch rows, enforcer_.Enforce(batch));
  if (update_before_deletes_) rows = WithDeletes(rows);
  if (rows.selected_count() == 0) return Progress::kDone;
  ASSIGN_OR_RETURN(const Writer::Accepted accepted, writer_->Write(rows));
  if (accepted == Writer::Accepted::kFull) return Progress::kOutputFull;
  records_sent_->Add(rows.selected_count());
  if (stepped_ != nullptr) RETURN_IF_ERROR(TakeRefused(rows.selected_count()));
  if (flush_at_nanos_ == INT64_MAX) SetFlushTimer();
  return Progress::kDone;
}

Batch SinkOperator::WithDeletes(const Batch& batch) {
  if (batch.kinds == nullptr) return batch;
  auto kinds = std::make_shared<Vector>(PhysicalType::kInt8,
                                        batch.row_count);
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    const RowKind kind = batch.kind(row);
    kinds->data<int8_t>()[row] = static_cast<int8_t>(
        kind == RowKind::kUpdateBefore ? RowKind::kDelete : kind);
  }
  Batch rows = batch;
  rows.kinds = std::move(kinds);
  return rows;
}

absl::StatusOr<Progress> SinkOperator::Advance(int64_t watermark_ms, Output&) {
  RETURN_IF_ERROR(writer_->Advance(watermark_ms));
  return Progress::kDone;
}

absl::StatusOr<Progress> SinkOperator::Fire(int64_t, Output&) {
  RETURN_IF_ERROR(epochs_.Settle().status());
  if (paced_ != nullptr) RETURN_IF_ERROR(paced_->TakeTurn());
  const bool is_due = context_.clock->SteadyNanos() >= flush_at_nanos_;
  return is_due ? Flush() : Progress::kDone;
}

int64_t SinkOperator::NextTimer() const {
  int64_t due = std::min(flush_at_nanos_, epochs_.NextRetryNanos());
  if (paced_ != nullptr) due = std::min(due, paced_->NextTurnNanos());
  if (due == INT64_MAX) return INT64_MAX;
  // Up to the millisecond in which it is due, lest it fires too early.
  const absl::Duration wait = absl::Ceil(
      absl::Nanoseconds(
          std::max<int64_t>(0, due - context_.clock->SteadyNanos())),
      absl::Milliseconds(1));
  return absl::ToUnixMillis(context_.clock->Now() + wait);
}

absl::StatusOr<Progress> SinkOperator::EndInput(Output&) {
  writer_->EndInput();
  ASSIGN_OR_RETURN(const Progress flushed, Flush());
  if (flushed != Progress::kDone || takes_checkpoints_) return flushed;
  RETURN_IF_ERROR(epochs_.CommitNow());
  ASSIGN_OR_RETURN(const bool finished, Finish());
  return finished ? Progress::kDone : Progress::kOutputFull;
}

absl::StatusOr<Progress> SinkOperator::Flush() {
  ASSIGN_OR_RETURN(const Writer::Accepted accepted, writer_->Flush());
  if (accepted == Writer::Accepted::kFull) return Progress::kOutputFull;
  if (stepped_ != nullptr) RETURN_IF_ERROR(TakeRefused(0));
  flush_at_nanos_ = INT64_MAX;
  if (writer_->KeepsOpen()) SetFlushTimer();
  return Progress::kDone;
}

absl::Status SinkOperator::TakeRefused(int64_t rows) {
  auto refused = stepped_->TakeRefused();
  if (refusals_ != nullptr) return refusals_->OnRows(rows, std::move(refused));
  return refused.empty() ? absl::OkStatus() : refused.front().error;
}

void SinkOperator::SetFlushTimer() {
  if (flush_interval_ == absl::InfiniteDuration()) return;
  flush_at_nanos_ = context_.clock->SteadyNanos() +
                    absl::ToInt64Nanoseconds(flush_interval_);
}

absl::StatusOr<Progress> SinkOperator::BeforeSnapshot(CheckpointId checkpoint,
                                                      Output&) {
  ASSIGN_OR_RETURN(const Progress sealed, epochs_.Seal(checkpoint));
  // Before the stage behind this one, which keeps them, sees the barrier.
  if (stepped_ != nullptr) RETURN_IF_ERROR(TakeRefused(0));
  return sealed;
}

absl::Status SinkOperator::Snapshot(SnapshotWriter& writer) {
  return epochs_.Snapshot(writer);
}

absl::Status SinkOperator::Restore(SnapshotReader& reader) {
  return epochs_.Restore(reader);
}

absl::Status SinkOperator::OnCheckpointComplete(CheckpointId checkpoint,
                                                bool final) {
  final_ |= final;
  return epochs_.Complete(checkpoint);
}

absl::StatusOr<bool> SinkOperator::IsSettled() {
  ASSIGN_OR_RETURN(const bool settled, epochs_.Settle());
  if (settled && final_) return Finish();
  return settled;
}

absl::StatusOr<bool> SinkOperator::Finish() {
  if (finished_) return true;
  ASSIGN_OR_RETURN(std::optional<std::string> line, writer_->Finish());
  if (!line.has_value()) return false;
  finished_ = true;
  if (!line->empty()) on_finish_(*std::move(line));
  return true;
}

}  // namespace millrace
