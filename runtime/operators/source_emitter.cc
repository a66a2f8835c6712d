#include "runtime/operators/source_emitter.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/expr/evaluator.h"

namespace millrace {
namespace {

using Kind = SourceStep::Kind;

// Whether a row of `rows` may be behind the watermark of the rows before it:
// a bound that costs two passes without a branch, so that data in order is
// never looked at row by row.
bool MayHaveLateRow(Selection rows, const Vector& watermarks,
                    const Vector& event_times, int64_t running,
                    int64_t others) {
  if (!rows.is_dense() || watermarks.is_constant() ||
      event_times.is_constant() || watermarks.may_have_nulls() ||
      event_times.may_have_nulls()) {
    return true;
  }
  const auto* marks = watermarks.data<int64_t>();
  const auto* times = event_times.data<int64_t>();
  int64_t greatest = running;
  int64_t least = INT64_MAX;
  for (uint32_t row = 0; row < rows.size(); ++row) {
    greatest = std::max(greatest, marks[row]);
    least = std::min(least, times[row]);
  }
  return least <= std::min(greatest, others);
}

int64_t GreatestValue(Selection rows, const Vector& values, int64_t start) {
  const auto* data = values.data<int64_t>();
  int64_t greatest = start;
  rows.ForEach([&](uint32_t row) {
    if (!values.IsNull(row)) {
      greatest = std::max(greatest, data[row & values.index_mask()]);
    }
  });
  return greatest;
}

Selection SelectionOf(const std::vector<uint32_t>& rows, uint32_t row_count) {
  const auto size = static_cast<uint32_t>(rows.size());
  return size == row_count ? Selection::All(row_count)
                           : Selection::Of(rows.data(), size);
}

}  // namespace

SourceStep SourceEmitter::Take() {
  SourceStep step = std::move(ready_.front());
  ready_.pop_front();
  return step;
}

bool SourceEmitter::HasRisen() const {
  return !held_ && splits_.Merged().value_or(kMinWatermark) > emitted_ms_;
}

void SourceEmitter::EmitCut(int split, const Batch& batch,
                            const Vector& watermarks,
                            const Vector& event_times,
                            const VectorRef& filter) {
  const Selection rows = batch.selection();
  int64_t running = splits_.watermark(split);
  const int64_t others = held_ ? kMinWatermark : splits_.LeastOfOthers(split);
  if (!MayHaveLateRow(rows, watermarks, event_times, running, others)) {
    EmitRows(batch, rows, filter);
    splits_.Raise(split, GreatestValue(rows, watermarks, running));
    return;
  }
  const auto* marks = watermarks.data<int64_t>();
  const auto* times = event_times.data<int64_t>();
  segment_.clear();
  rows.ForEach([&](uint32_t row) {
    const int64_t due = std::min(running, others);
    if (due > emitted_ms_ && !event_times.IsNull(row) &&
        times[row & event_times.index_mask()] <= due) {
      EmitRows(batch, SelectionOf(segment_, batch.row_count), filter);
      segment_.clear();
      splits_.Raise(split, running);
      EmitWatermarkIfRisen();
    }
    segment_.push_back(row);
    if (!watermarks.IsNull(row)) {
      running = std::max(running, marks[row & watermarks.index_mask()]);
    }
  });
  EmitRows(batch, SelectionOf(segment_, batch.row_count), filter);
  splits_.Raise(split, running);
}

void SourceEmitter::EmitRows(const Batch& batch, Selection rows,
                             const VectorRef& filter) {
  SourceStep step = {.kind = Kind::kBatch, .batch = batch};
  if (filter != nullptr) {
    rows_.clear();
    SelectTrue(*filter, rows, rows_);
    rows = Selection::Of(rows_.data(), static_cast<uint32_t>(rows_.size()));
  }
  if (rows.size() == 0) return;
  if (rows.size() == batch.row_count) {
    step.batch.selected = nullptr;
  } else if (!rows.is_dense()) {
    step.batch.selected = std::make_shared<std::vector<uint32_t>>(
        rows.rows(), rows.rows() + rows.size());
  }
  metrics_.CountOut(rows.size());
  ready_.push_back(std::move(step));
}

void SourceEmitter::EmitWatermarkIfRisen() {
  const std::optional<int> holder = splits_.Holder();
  metrics_.SetWatermarkHolder(holder.value_or(-1));
  if (holder) EmitWatermark(splits_.watermark(*holder));
}

void SourceEmitter::EmitWatermark(int64_t watermark_ms) {
  if (!held_ && watermark_ms > emitted_ms_) Raise(watermark_ms);
}

void SourceEmitter::EmitIdle(bool idle) {
  ready_.push_back({.kind = idle ? Kind::kIdle : Kind::kActive});
}

void SourceEmitter::EmitBarrier(CheckpointId checkpoint,
                                int64_t triggered_micros) {
  ready_.push_back({.kind = Kind::kBarrier,
                    .checkpoint = checkpoint,
                    .triggered_micros = triggered_micros});
}

void SourceEmitter::EmitMarker(int64_t read_micros) {
  ready_.push_back({.kind = Kind::kMarker, .read_micros = read_micros});
}

void SourceEmitter::Restore(int64_t emitted_ms) {
  if (emitted_ms > emitted_ms_) Raise(emitted_ms);
}

void SourceEmitter::EmitEnd() {
  Raise(kMaxWatermark);
  ready_.push_back({.kind = Kind::kEnd});
}

void SourceEmitter::Raise(int64_t watermark_ms) {
  emitted_ms_ = watermark_ms;
  metrics_.SetOutputWatermark(watermark_ms);
  ready_.push_back({.kind = Kind::kWatermark, .watermark_ms = watermark_ms});
}

}  // namespace millrace
