#include "runtime/operators/operator_metrics.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/event_time.h"
#include "runtime/base/rate.h"

namespace millrace {

void AddPerSecond(MetricGroup& group, absl::string_view name,
                  const Counter* counter, const Clock* clock) {
  auto rate = std::make_shared<Rate>(clock);
  group.AddReading(
      absl::StrCat(name, "PerSecond"), absl::StrCat(name, " a second."),
      [rate, counter] { return rate->PerSecond(counter->value()); });
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

}  // namespace millrace
