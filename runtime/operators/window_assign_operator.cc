#include "runtime/operators/window_assign_operator.h"

#include <algorithm>
#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<std::unique_ptr<Operator>> WindowAssignOperator::Open(
    const WindowAssignSpec& spec, const std::vector<LogicalType>& input,
    const OperatorContext& context) {
  ASSIGN_OR_RETURN(WindowClock clock, WindowClock::Make(spec.window));
  return std::unique_ptr<Operator>(
      new WindowAssignOperator(spec, input, context, std::move(clock)));
}

WindowAssignOperator::WindowAssignOperator(
    const WindowAssignSpec& spec, const std::vector<LogicalType>& input,
    const OperatorContext& context, WindowClock clock)
    : spec_(spec),
      input_(input),
      clock_source_(context.clock),
      clock_(std::move(clock)),
      windows_(spec.window, false) {
  if (context.metrics != nullptr) {
    null_rows_ = context.metrics->AddCounter(
        "numNullRowTimeRecordsDropped", "Rows dropped for a NULL time.");
  }
}

absl::StatusOr<Progress> WindowAssignOperator::Process(int, const Batch& batch,
                                                       Output& output) {
  if (!emitting_) {
    Assign(batch);
    emitting_ = true;
  }
  while (next_ < rows_.size()) {
    if (!output.HasRoom()) return Progress::kOutputFull;
    const auto count = static_cast<uint32_t>(
        std::min<size_t>(rows_.size() - next_, kMaxBatchRows));
    const uint32_t* rows = rows_.data() + next_;
    Batch out = {.row_count = count};
    for (const VectorRef& column : batch.columns) {
      out.columns.push_back(Gather(column, rows, count));
    }
    if (batch.kinds) out.kinds = Gather(batch.kinds, rows, count);
    for (const WindowProperty property : spec_.properties) {
      out.columns.push_back(PropertyColumn(property, next_, count));
    }
    next_ += count;
    RETURN_IF_ERROR(output.Emit(std::move(out)));
  }
  emitting_ = false;
  return Progress::kDone;
}

void WindowAssignOperator::ReadTimes(const Batch& batch, Selection rows) {
  times_.resize(rows.size());
  nulls_.assign(rows.size(), 0);
  if (!spec_.window.event_time || !spec_.window.time_column) {
    const int64_t now_ms = absl::ToUnixMillis(clock_source_->Now());
    std::fill(times_.begin(), times_.end(), clock_.ToWindow(now_ms));
    return;
  }
  const int32_t column = *spec_.window.time_column;
  clock_.ReadTimes(*batch.columns[column], input_[column], rows, times_.data(),
                   nulls_.data());
}

void WindowAssignOperator::Assign(const Batch& batch) {
  rows_.clear();
  ends_.clear();
  next_ = 0;
  const Selection rows = batch.selection();
  ReadTimes(batch, rows);
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (nulls_[i]) {
      if (null_rows_ != nullptr) null_rows_->Add(1);
      continue;
    }
    const int64_t slice_end = windows_.SliceEndOf(times_[i]);
    const int64_t last = windows_.LastWindowOf(slice_end);
    for (int64_t end = windows_.FirstWindowOf(slice_end); end <= last;
         end += windows_.step_ms()) {
      rows_.push_back(rows[i]);
      ends_.push_back(end);
    }
  }
}

VectorRef WindowAssignOperator::PropertyColumn(WindowProperty property,
                                               size_t first, uint32_t count) {
  auto column = std::make_shared<Vector>(PhysicalType::kInt64, count);
  auto* values = column->data<int64_t>();
  for (uint32_t i = 0; i < count; ++i) {
    const int64_t end = ends_[first + i];
    switch (property) {
      case WindowProperty::kStart: values[i] = windows_.StartOf(end); break;
      case WindowProperty::kEnd: values[i] = end; break;
      case WindowProperty::kTime: values[i] = clock_.ToUtc(end - 1); break;
    }
  }
  return column;
}

}  // namespace millrace
