#pragma once

#include <cstdint>
#include <memory>

#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"

namespace millrace {

// What one operator of one subtask counts, by Flink's names. Written by the
// subtask's worker, read by any thread, also after the subtask has ended.
class OperatorMetrics {
 public:
  // `clock` outlives the group.
  OperatorMetrics(std::shared_ptr<MetricGroup> group, const Clock* clock);

  // Adds "watermarkLag" and "currentEmitEventTimeLag", of a source: what it
  // gave out against the clock.
  void AddEventTimeLags(const Clock* clock);
  // After that: of the row given out last.
  void SetEmitLag(int64_t lag_ms) { emit_lag_->Set(lag_ms); }

  // Adds "sourceIdleTime", of a source: since its latest rows, or since this.
  void AddIdleTime(const Clock* clock);
  // By Clock::SteadyNanos.
  void SetLastRows(int64_t now_nanos) { last_rows_nanos_->Set(now_nanos); }

  // For the operator's own numbers.
  MetricGroup* group() const { return group_.get(); }

  void CountIn(int64_t rows) { records_in_->Add(rows); }
  void CountOut(int64_t rows) { records_out_->Add(rows); }
  void CountBytesIn(int64_t bytes) { bytes_in_->Add(bytes); }
  void SetInputWatermark(int64_t watermark_ms) {
    input_watermark_->Set(watermark_ms);
  }
  void SetOutputWatermark(int64_t watermark_ms) {
    output_watermark_->Set(watermark_ms);
  }
  // Of a source: the index of the split that its watermark waits for.
  void SetWatermarkHolder(int64_t split) { watermark_holder_.Set(split); }

  int64_t records_in() const { return records_in_->value(); }
  int64_t records_out() const { return records_out_->value(); }
  // Bytes that a source read from outside.
  int64_t bytes_in() const { return bytes_in_->value(); }
  int64_t input_watermark_ms() const { return input_watermark_->value(); }
  int64_t output_watermark_ms() const { return output_watermark_->value(); }
  int64_t watermark_holder() const { return watermark_holder_.value(); }

 private:
  std::shared_ptr<MetricGroup> group_;
  Counter* records_in_;
  Counter* records_out_;
  Counter* bytes_in_;
  Gauge* input_watermark_;
  Gauge* output_watermark_;
  Gauge* emit_lag_ = nullptr;
  Gauge watermark_holder_;
  // Read by the group, which may outlive this.
  std::shared_ptr<Gauge> last_rows_nanos_ = std::make_shared<Gauge>();
};

// What the task of a chain shows as its own: the rows and the watermark that
// its first operator takes in, and the rows that its last gives out.
void AddTaskReadings(MetricGroup& group,
                     std::shared_ptr<const OperatorMetrics> first,
                     std::shared_ptr<const OperatorMetrics> last,
                     const Clock* clock);

// Beside `counter`, the growth of it a second: "<name>PerSecond".
void AddPerSecond(MetricGroup& group, absl::string_view name,
                  const Counter* counter, const Clock* clock);

}  // namespace millrace
