#include "runtime/operators/sink_operator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

SinkOperator::SinkOperator(const SinkSpec& spec, std::unique_ptr<Writer> writer,
                           std::function<void(std::string)> on_finish,
                           const OperatorContext& context)
    : table_(spec.table.name),
      update_before_deletes_(spec.update_before_deletes),
      drop_null_violations_(spec.drop_null_violations),
      writer_(std::move(writer)),
      flush_interval_(writer_->FlushInterval()),
      on_finish_(std::move(on_finish)),
      context_(context) {
  int index = 0;
  for (const TableColumn& column : spec.table.columns) {
    if (column.is_virtual) continue;
    if (!column.type.nullable()) {
      not_null_columns_.push_back({index, column.name});
    }
    ++index;
  }
  MetricGroup* metrics =
      context.metrics != nullptr ? context.metrics : &own_metrics_;
  records_sent_ =
      metrics->AddCounter("numRecordsSend", "Rows handed to the connector.");
}

absl::StatusOr<Progress> SinkOperator::Process(int, const Batch& batch,
                                               Output&) {
  ASSIGN_OR_RETURN(Batch rows, Enforced(batch));
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

absl::StatusOr<Batch> SinkOperator::Enforced(const Batch& batch) const {
  std::vector<const NotNullColumn*> suspects;
  for (const NotNullColumn& column : not_null_columns_) {
    if (batch.columns[column.index]->may_have_nulls()) {
      suspects.push_back(&column);
    }
  }
  if (suspects.empty()) return batch;

  const NotNullColumn* violated = nullptr;
  auto kept = std::make_shared<std::vector<uint32_t>>();
  batch.selection().ForEach([&](uint32_t row) {
    for (const NotNullColumn* column : suspects) {
      if (batch.columns[column->index]->IsNull(row)) {
        violated = column;
        return;
      }
    }
    kept->push_back(row);
  });
  if (violated == nullptr) return batch;
  if (!drop_null_violations_) {
    return UserError(
        {.code = "SNK-0001",
         .what = absl::StrCat("Column '", violated->name,
                              "' is NOT NULL, however, a null value is being "
                              "written into it"),
         .where = absl::StrCat("table ", table_),
         .fix = "Give it a value (COALESCE), declare it nullable, or set "
                "'table.exec.sink.not-null-enforcer' = 'DROP' to drop such "
                "rows silently."});
  }
  Batch rows = batch;
  rows.selected = std::move(kept);
  return rows;
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
