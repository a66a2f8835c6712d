#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "runtime/operators/operator_metrics.h"
#include "runtime/operators/source_step.h"
#include "runtime/operators/split_watermarks.h"

namespace millrace {

// Puts a source subtask's rows and watermarks into one order: the queue of
// steps that its operator gives out.
//
// Whether a row is late depends on the rows before it and not on how they were
// batched: a batch is cut in front of a row that is already behind the
// watermark of the rows before it, and that watermark goes in between.
//
// Not thread-safe.
class SourceEmitter {
 public:
  // Both outlive the emitter, which raises the splits' watermarks.
  SourceEmitter(SplitWatermarks* splits, OperatorMetrics* metrics)
      : splits_(*splits), metrics_(*metrics) {}

  bool empty() const { return ready_.empty(); }
  // REQUIRES: !empty().
  SourceStep Take();

  // While held, the watermark does not rise and nothing is late.
  void Hold(bool held) { held_ = held; }
  bool held() const { return held_; }
  // The last watermark; a restored emitter begins with it.
  int64_t emitted_ms() const { return emitted_ms_; }
  void Restore(int64_t emitted_ms);
  // Whether EmitWatermarkIfRisen would give one out.
  bool HasRisen() const;

  // `filter`, where there is one, selects among `rows` of `batch`.
  void EmitRows(const Batch& batch, Selection rows, const VectorRef& filter);
  // Every selected row of `batch`, which is of `split`; `watermarks` and
  // `event_times` have a value or NULL for each.
  void EmitCut(int split, const Batch& batch, const Vector& watermarks,
               const Vector& event_times, const VectorRef& filter);

  void EmitWatermarkIfRisen();
  // Nothing where it is held or not ahead of the last one.
  void EmitWatermark(int64_t watermark_ms);
  void EmitIdle(bool idle);
  void EmitBarrier(CheckpointId checkpoint, int64_t triggered_micros);
  void EmitMarker(int64_t read_micros);
  // The last watermark and the end.
  void EmitEnd();

 private:
  void Raise(int64_t watermark_ms);

  SplitWatermarks& splits_;
  OperatorMetrics& metrics_;
  std::deque<SourceStep> ready_;
  int64_t emitted_ms_ = kMinWatermark;
  bool held_ = false;

  std::vector<uint32_t> rows_;     // Scratch of a filter.
  std::vector<uint32_t> segment_;  // Scratch between two cuts.
};

}  // namespace millrace
