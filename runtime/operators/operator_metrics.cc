#include "runtime/operators/operator_metrics.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/event_time.h"
#include "runtime/base/rate.h"

namespace millrace {

namespace {

void AddRateReading(MetricGroup& group, absl::string_view name,
                    std::function<int64_t()> read, const Clock* clock) {
  auto rate = std::make_shared<Rate>(clock);
  group.AddReading(absl::StrCat(name, "PerSecond"),
                   absl::StrCat(name, " a second."),
                   [rate, read = std::move(read)] {
                     return rate->PerSecond(read());
                   });
}

void AddCountReadings(MetricGroup& group, absl::string_view name,
                      std::function<int64_t()> read, const Clock* clock) {
  group.AddReading(name, "Rows of the whole chain.", [read] {
    return static_cast<double>(read());
  });
  AddRateReading(group, name, std::move(read), clock);
}

}  // namespace

void AddPerSecond(MetricGroup& group, absl::string_view name,
                  const Counter* counter, const Clock* clock) {
  AddRateReading(group, name, [counter] { return counter->value(); }, clock);
}

void AddTaskReadings(MetricGroup& group,
                     std::shared_ptr<const OperatorMetrics> first,
                     std::shared_ptr<const OperatorMetrics> last,
                     const Clock* clock) {
  AddCountReadings(group, "numRecordsIn",
                   [first] { return first->records_in(); }, clock);
  AddCountReadings(group, "numRecordsOut",
                   [last] { return last->records_out(); }, clock);
  group.AddReading("currentInputWatermark", "Last watermark taken in.",
                   [first] {
                     return static_cast<double>(first->input_watermark_ms());
                   });
}

OperatorMetrics::OperatorMetrics(std::shared_ptr<MetricGroup> group,
                                 const Clock* clock)
    : group_(std::move(group)) {
  records_in_ = group_->AddCounter("numRecordsIn", "Rows taken in.");
  records_out_ = group_->AddCounter("numRecordsOut", "Rows given out.");
  bytes_in_ = group_->AddCounter("numBytesIn", "Bytes read from outside.");
  input_watermark_ =
      group_->AddGauge("currentInputWatermark", "Last watermark taken in.");
  output_watermark_ =
      group_->AddGauge("currentOutputWatermark", "Last watermark given out.");
  input_watermark_->Set(kMinWatermark);
  output_watermark_->Set(kMinWatermark);
  watermark_holder_.Set(-1);
  AddPerSecond(*group_, "numRecordsIn", records_in_, clock);
  AddPerSecond(*group_, "numRecordsOut", records_out_, clock);
  AddPerSecond(*group_, "numBytesIn", bytes_in_, clock);
}

void OperatorMetrics::AddIdleTime(const Clock* clock) {
  SetLastRows(clock->SteadyNanos());
  group_->AddReading(
      "sourceIdleTime", "Milliseconds since the source gave rows.",
      [clock, last = last_rows_nanos_] {
        return static_cast<double>(clock->SteadyNanos() - last->value()) / 1e6;
      });
}

void OperatorMetrics::AddEventTimeLags(const Clock* clock) {
  emit_lag_ = group_->AddGauge(
      "currentEmitEventTimeLag",
      "Milliseconds between a row's event time and its leaving the source.");
  group_->AddReading(
      "watermarkLag", "Milliseconds that the watermark is behind the clock.",
      [clock, watermark = output_watermark_] {
        const int64_t value = watermark->value();
        if (value == kMinWatermark || value == kMaxWatermark) return 0.0;
        return static_cast<double>(absl::ToUnixMillis(clock->Now()) - value);
      });
}

}  // namespace millrace
