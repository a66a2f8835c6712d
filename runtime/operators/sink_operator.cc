#include "runtime/operators/sink_operator.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {

SinkOperator::SinkOperator(const SinkSpec& spec, std::unique_ptr<Writer> writer,
                           std::function<void(std::string)> on_finish,
                           const OperatorContext& context)
    : update_before_deletes_(spec.update_before_deletes),
      enforcer_(spec),
      writer_(std::move(writer)),
      flush_interval_(writer_->FlushInterval()),
      on_finish_(std::move(on_finish)),
      context_(context) {
  MetricGroup* metrics =
      context.metrics != nullptr ? context.metrics : &own_metrics_;
  records_sent_ =
      metrics->AddCounter("numRecordsSend", "Rows handed to the connector.");
}

absl::StatusOr<Progress> SinkOperator::Process(int, const Batch& batch,
                                               Output&) {
  ASSIGN_OR_RETURN(Batch rows, enforcer_.Enforce(batch));
  if (update_before_deletes_) rows = WithDeletes(rows);
  if (rows.selected_count() == 0) return Progress::kDone;
  ASSIGN_OR_RETURN(const Writer::Accepted accepted, writer_->Write(rows));
  if (accepted == Writer::Accepted::kFull) return Progress::kOutputFull;
  records_sent_->Add(rows.selected_count());
  if (flush_at_ms_ == INT64_MAX &&
      flush_interval_ != absl::InfiniteDuration()) {
    flush_at_ms_ = absl::ToUnixMillis(context_.clock->Now() + flush_interval_);
  }
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
  return Flush();
}

absl::StatusOr<Progress> SinkOperator::EndInput(Output&) {
  ASSIGN_OR_RETURN(const Progress flushed, Flush());
  if (flushed != Progress::kDone) return flushed;
  ASSIGN_OR_RETURN(std::string line, writer_->Finish());
  if (!line.empty()) on_finish_(std::move(line));
  return Progress::kDone;
}

absl::StatusOr<Progress> SinkOperator::Flush() {
  ASSIGN_OR_RETURN(const Writer::Accepted accepted, writer_->Flush());
  if (accepted == Writer::Accepted::kFull) return Progress::kOutputFull;
  flush_at_ms_ = INT64_MAX;
  return Progress::kDone;
}

}  // namespace millrace
