#include "runtime/operators/local_aggregate_operator.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/operators/window_columns.h"

namespace millrace {
namespace {

absl::StatusOr<AggregateLayout> LocalLayout(
    const std::vector<AggregateCall>& calls) {
  if (!MayBeCut(calls)) {
    return absl::InternalError("a DISTINCT aggregate was cut in two");
  }
  return AggregateLayout::Make(calls, {.phase = AggregatePhase::kLocal});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Operator>> LocalAggregateOperator::Open(
    const WindowAggregateSpec& spec, const std::vector<LogicalType>& input,
    const OperatorContext& context) {
  ASSIGN_OR_RETURN(AggregateLayout layout, LocalLayout(spec.calls));
  ASSIGN_OR_RETURN(SliceAssigner assigner,
                   SliceAssigner::Make({.window = spec.window,
                                        .input = input,
                                        .clock = context.clock,
                                        .owner = context.name}));
  return std::unique_ptr<Operator>(new LocalAggregateOperator(
      spec.keys, input, context, std::move(assigner), std::move(layout)));
}

absl::StatusOr<std::unique_ptr<Operator>> LocalAggregateOperator::Open(
    const GroupAggregateSpec& spec, const std::vector<LogicalType>& input,
    const OperatorContext& context) {
  ASSIGN_OR_RETURN(AggregateLayout layout, LocalLayout(spec.calls));
  return std::unique_ptr<Operator>(new LocalAggregateOperator(
      spec.keys, input, context, std::nullopt, std::move(layout)));
}

LocalAggregateOperator::LocalAggregateOperator(
    const std::vector<int32_t>& keys, const std::vector<LogicalType>& input,
    const OperatorContext& context, std::optional<SliceAssigner> assigner,
    AggregateLayout layout)
    : assigner_(std::move(assigner)),
      layout_(std::move(layout)),
      fold_(&layout_),
      keys_(keys, input),
      table_({.layout = &layout_,
              .keys = keys_.layout(),
              .memory = context.memory,
              .owner = context.name}) {}

absl::StatusOr<Progress> LocalAggregateOperator::Process(int,
                                                         const Batch& batch,
                                                         Output& output) {
  if (!emitting_) {
    RETURN_IF_ERROR(Fold(batch));
    emitting_ = true;
  }
  for (; next_ < ready_.size(); ++next_) {
    if (!output.HasRoom()) return Progress::kOutputFull;
    RETURN_IF_ERROR(output.Emit(std::move(ready_[next_])));
  }
  ready_.clear();
  next_ = 0;
  emitting_ = false;
  return Progress::kDone;
}

absl::Status LocalAggregateOperator::Fold(const Batch& batch) {
  const Selection rows = batch.selection();
  if (rows.size() == 0) return absl::OkStatus();
  if (!assigner_) return FoldSlice(batch, rows, std::nullopt);
  RETURN_IF_ERROR(assigner_->Assign(batch, rows, INT64_MIN, slice_ends_));
  return slice_rows_.ForEachSlice(
      rows, slice_ends_.data(), [&](int64_t slice_end, Selection own) {
        return FoldSlice(batch, own, slice_end);
      });
}

absl::Status LocalAggregateOperator::FoldSlice(
    const Batch& batch, Selection rows, std::optional<int64_t> slice_end) {
  table_.Clear();
  ASSIGN_OR_RETURN(const SlotRows slots,
                   keys_.Locate(table_, batch, rows, nullptr));
  RETURN_IF_ERROR(fold_.Apply(table_, batch, slots, RowChange::kAdd));
  std::vector<char*> groups(table_.size());
  uint64_t position = 0;
  const uint32_t count = table_.slots().Scan(
      &position, static_cast<uint32_t>(groups.size()), groups.data());
  Batch partials = {.row_count = count};
  partials.columns = keys_.Columns(table_, groups.data(), count);
  for (VectorRef& column : layout_.Emit(groups.data(), count)) {
    partials.columns.push_back(std::move(column));
  }
  if (slice_end) partials.columns.push_back(FilledMillis(*slice_end, count));
  ready_.push_back(std::move(partials));
  return absl::OkStatus();
}

}  // namespace millrace
