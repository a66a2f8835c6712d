#include "runtime/operators/window_aggregate_operator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/aggregate_restore.h"
#include "runtime/operators/window_columns.h"

namespace millrace {
namespace {

constexpr absl::string_view kWatermark = "watermark";
// Tables kept for the next slices: as many as commonly end at once.
constexpr size_t kMaxSpare = 4;

// Rows that carry their windows, or whose windows are one slice, need no
// merging. In kGlobal `end_column` is a slice's end, not a window's.
bool CarriesWindows(const WindowAggregateSpec& spec) {
  return spec.window.end_column && spec.phase != AggregatePhase::kGlobal;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Operator>> WindowAggregateOperator::Open(
    const WindowAggregateSpec& spec, const std::vector<LogicalType>& input,
    const OperatorContext& context) {
  ASSIGN_OR_RETURN(SliceAssigner assigner,
                   SliceAssigner::Make({.window = spec.window,
                                        .carries_windows = CarriesWindows(spec),
                                        .input = input,
                                        .clock = context.clock,
                                        .owner = context.name}));
  const bool distinct =
      std::any_of(spec.calls.begin(), spec.calls.end(),
                  [](const AggregateCall& call) { return call.distinct; });
  ASSIGN_OR_RETURN(
      AggregateLayout layout,
      AggregateLayout::Make(spec.calls,
                            {.phase = spec.phase, .marks = distinct}));
  return std::unique_ptr<Operator>(new WindowAggregateOperator(
      spec, input, context, std::move(assigner), std::move(layout)));
}

WindowAggregateOperator::WindowAggregateOperator(
    const WindowAggregateSpec& spec, const std::vector<LogicalType>& input,
    const OperatorContext& context, SliceAssigner assigner,
    AggregateLayout layout)
    : spec_(spec),
      context_(context),
      assigner_(std::move(assigner)),
      windows_(assigner_.windows()),
      clock_(assigner_.clock()),
      layout_(std::move(layout)),
      fold_(&layout_),
      keys_(spec.keys, input),
      schema_(AggregateSchema::Of(keys_.types(), spec.calls, spec.phase)) {
  if (context.metrics != nullptr) {
    late_rows_ = context.metrics->AddCounter(
        "numLateRecordsDropped", "Rows that came after all of their windows.");
  }
}

bool WindowAggregateOperator::IsFired(int64_t window_end) {
  return window_end <= last_fired_ || clock_.DueAt(window_end) <= progress_ms_;
}

Selection WindowAggregateOperator::DropLate(Selection rows) {
  const int64_t earliest =
      *std::min_element(slice_ends_.begin(), slice_ends_.end());
  // HOP with gaps has slices of no window, which are dropped, not late.
  const bool no_gaps =
      windows_.FirstWindowOf(earliest) <= windows_.LastWindowOf(earliest);
  if (no_gaps && !IsFired(windows_.LastWindowOf(earliest))) return rows;
  on_time_.clear();
  size_t kept = 0;
  int64_t late_count = 0;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const int64_t last = windows_.LastWindowOf(slice_ends_[i]);
    if (windows_.FirstWindowOf(slice_ends_[i]) > last) continue;
    if (IsFired(last)) {
      ++late_count;
      continue;
    }
    on_time_.push_back(rows[i]);
    slice_ends_[kept++] = slice_ends_[i];
  }
  if (late_rows_ != nullptr) late_rows_->Add(late_count);
  return Selection::Of(on_time_.data(), static_cast<uint32_t>(kept));
}

std::unique_ptr<AggregateTable> WindowAggregateOperator::NewTable() const {
  return std::make_unique<AggregateTable>(
      AggregateTable::Options{.layout = &layout_,
                              .keys = keys_.layout(),
                              .hashes = HashesOf(context_),
                              .memory = context_.memory,
                              .owner = context_.name});
}

AggregateTable& WindowAggregateOperator::TableOf(int64_t slice_end) {
  std::unique_ptr<AggregateTable>& table = slices_[slice_end];
  if (table == nullptr && !spare_.empty()) {
    table = std::move(spare_.back());
    spare_.pop_back();
  } else if (table == nullptr) {
    table = NewTable();
  }
  return *table;
}

absl::StatusOr<Progress> WindowAggregateOperator::Process(int,
                                                          const Batch& batch,
                                                          Output&) {
  const Selection all = batch.selection();
  if (all.size() == 0) return Progress::kDone;
  RETURN_IF_ERROR(assigner_.Assign(batch, all, progress_ms_, slice_ends_));
  const Selection rows = DropLate(all);
  RETURN_IF_ERROR(slice_rows_.ForEachSlice(
      rows, slice_ends_.data(),
      [&](int64_t slice_end, Selection own) -> absl::Status {
        AggregateTable& table = TableOf(slice_end);
        ASSIGN_OR_RETURN(const SlotRows slots,
                         keys_.Locate(table, batch, own, nullptr));
        RETURN_IF_ERROR(fold_.Apply(table, batch, slots, RowChange::kAdd));
        table.slots().heap().Reclaim();
        return absl::OkStatus();
      }));
  return Progress::kDone;
}

absl::StatusOr<Progress> WindowAggregateOperator::Advance(int64_t watermark_ms,
                                                          Output& output) {
  if (!spec_.window.event_time) return Progress::kDone;
  return FireDue(watermark_ms, output);
}

// A window of processing time has every row that came before its end.
absl::StatusOr<Progress> WindowAggregateOperator::Fire(int64_t now_ms,
                                                       Output& output) {
  if (spec_.window.event_time) return Progress::kDone;
  return FireDue(now_ms - 1, output);
}

int64_t WindowAggregateOperator::NextTimer() const {
  if (spec_.window.event_time || slices_.empty()) return INT64_MAX;
  auto* self = const_cast<WindowAggregateOperator*>(this);
  const int64_t window_end = self->NextWindowOf(slices_.begin()->first);
  return self->clock_.DueAt(window_end) + 1;
}

int64_t WindowAggregateOperator::NextWindowOf(int64_t slice_end) {
  int64_t window_end = windows_.FirstWindowOf(slice_end);
  if (windows_.whole()) return window_end;
  while (IsFired(window_end)) window_end += windows_.step_ms();
  return window_end;
}

// Slices are in order, so the oldest one has the next window to fire.
absl::StatusOr<Progress> WindowAggregateOperator::FireDue(int64_t progress_ms,
                                                          Output& output) {
  for (;;) {
    if (emitted_ == nullptr) {
      if (slices_.empty()) break;
      window_end_ = NextWindowOf(slices_.begin()->first);
      if (clock_.DueAt(window_end_) > progress_ms) break;
      RETURN_IF_ERROR(MergeWindow());
      position_ = 0;
    }
    ASSIGN_OR_RETURN(const Progress progress, EmitWindow(output));
    if (progress != Progress::kDone) return progress;
    emitted_ = nullptr;
    last_fired_ = window_end_;
    DropSlices();
  }
  progress_ms_ = std::max(progress_ms_, progress_ms);
  return Progress::kDone;
}

absl::Status WindowAggregateOperator::MergeWindow() {
  const auto first = slices_.begin();
  const auto behind = std::next(first);
  const bool one_slice = behind == slices_.end() || behind->first > window_end_;
  if (windows_.whole() || one_slice) {
    emitted_ = first->second.get();
    return absl::OkStatus();
  }
  if (spec_.window.kind == WindowSpec::Kind::kCumulate) {
    emitted_ = first->second.get();
    for (auto slice = behind;
         slice != slices_.end() && slice->first <= window_end_;) {
      RETURN_IF_ERROR(emitted_->MergeFrom(*slice->second));
      NoteDropped(slice->first, *slice->second);
      slice = slices_.erase(slice);
    }
    return absl::OkStatus();
  }
  if (scratch_ == nullptr) scratch_ = NewTable();
  scratch_->Clear();
  emitted_ = scratch_.get();
  for (auto& [slice_end, table] : slices_) {
    if (slice_end > window_end_) break;
    RETURN_IF_ERROR(scratch_->MergeFrom(*table));
  }
  return absl::OkStatus();
}

absl::StatusOr<Progress> WindowAggregateOperator::EmitWindow(Output& output) {
  char* slots[kMaxBatchRows];
  for (;;) {
    if (!output.HasRoom()) return Progress::kOutputFull;
    const uint32_t count =
        emitted_->slots().Scan(&position_, kMaxBatchRows, slots);
    if (count == 0) return Progress::kDone;
    Batch batch = {.row_count = count};
    batch.columns = keys_.Columns(*emitted_, slots, count);
    for (VectorRef& column : layout_.Emit(slots, count)) {
      batch.columns.push_back(std::move(column));
    }
    const int64_t start = windows_.StartOf(window_end_);
    for (const WindowProperty property : spec_.properties) {
      const int64_t value = property == WindowProperty::kStart ? start
                            : property == WindowProperty::kEnd
                                ? window_end_
                                : clock_.ToUtc(window_end_ - 1);
      batch.columns.push_back(FilledMillis(value, count));
    }
    RETURN_IF_ERROR(output.Emit(std::move(batch)));
  }
}

void WindowAggregateOperator::DropSlices() {
  while (!slices_.empty()) {
    const auto oldest = slices_.begin();
    if (windows_.LastWindowOf(oldest->first) > window_end_) return;
    NoteDropped(oldest->first, *oldest->second);
    if (spare_.size() < kMaxSpare) {
      oldest->second->Clear();
      spare_.push_back(std::move(oldest->second));
    }
    slices_.erase(oldest);
  }
}

void WindowAggregateOperator::NoteDropped(int64_t slice_end,
                                          const AggregateTable& table) {
  if (table.slots().is_settled()) dropped_.push_back(TimePrefix(slice_end));
}

absl::Status WindowAggregateOperator::Snapshot(SnapshotWriter& writer) {
  MILLRACE_CHECK(emitted_ == nullptr);
  std::vector<PrefixedTable> tables;
  for (auto& [slice_end, table] : slices_) {
    tables.push_back({TimePrefix(slice_end), table.get()});
  }
  RETURN_IF_ERROR(SnapshotTables(tables, dropped_, layout_, schema_, context_,
                                 writer));
  dropped_.clear();
  return writer.OperatorState(kWatermark,
                              SnapshotWriter::Redistribution::kUnion,
                              {absl::StrCat(progress_ms_)});
}

// Every subtask had seen the same watermarks before its barrier; the largest
// keeps windows closed that have fired.
absl::Status WindowAggregateOperator::Restore(SnapshotReader& reader) {
  RETURN_IF_ERROR(RestoreTables(
      8, layout_, schema_, context_,
      [&](absl::string_view prefix) -> AggregateTable& {
        return TableOf(TimeOfPrefix(prefix));
      },
      reader));
  for (auto& [slice_end, table] : slices_) RETURN_IF_ERROR(table->Settle());
  ASSIGN_OR_RETURN(const std::vector<std::string> items,
                   reader.OperatorState(kWatermark));
  for (const std::string& item : items) {
    int64_t progress_ms = 0;
    if (!absl::SimpleAtoi(item, &progress_ms)) {
      return absl::DataLossError(
          absl::StrCat(context_.name, ": the snapshot's watermark is ", item));
    }
    progress_ms_ = std::max(progress_ms_, progress_ms);
  }
  return absl::OkStatus();
}

}  // namespace millrace
