#include "runtime/base/latency_histogram.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr int kLast = LatencyHistogram::kBucketCount - 1;

TEST(LatencyHistogramTest, ABucketHoldsItsUpperEnd) {
  LatencyHistogram histogram;
  for (const int64_t micros : {0, 100, 101, 1'000, 600'000'000}) {
    histogram.Record(micros);
  }
  EXPECT_EQ(histogram.CountUpTo(0), 2);  // 100
  EXPECT_EQ(histogram.CountUpTo(1), 3);  // 200
  EXPECT_EQ(histogram.CountUpTo(2), 3);  // 500
  EXPECT_EQ(histogram.CountUpTo(3), 4);  // 1000
  EXPECT_EQ(histogram.CountUpTo(kLast - 1), 4);
  EXPECT_EQ(histogram.CountUpTo(kLast), 5);
  EXPECT_EQ(histogram.sum_micros(), 600'001'201);
}

TEST(LatencyHistogramTest, AQuantileIsTheUpperEndOfItsBucket) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.QuantileMicros(0.5), 0);
  for (int i = 0; i < 90; ++i) histogram.Record(1'500);
  for (int i = 0; i < 10; ++i) histogram.Record(30'000);
  EXPECT_EQ(histogram.QuantileMicros(0.5), 2'000);
  EXPECT_EQ(histogram.QuantileMicros(0.9), 2'000);
  EXPECT_EQ(histogram.QuantileMicros(0.95), 50'000);
  histogram.Record(600'000'000);
  EXPECT_EQ(histogram.QuantileMicros(1), 500'000'000);
}

TEST(LatencyHistogramTest, IsPrintedInBothForms) {
  const auto histogram = std::make_shared<LatencyHistogram>();
  histogram->Record(3'000);
  MetricGroup group("sink", {{"host", "h"}});
  AddBuckets(group, "latency_seconds", "Help.", histogram);
  AddQuantiles(group, "latency", "Help.", histogram);
  std::map<std::string, double> values;
  for (const auto& sample : group.Read()) {
    EXPECT_EQ(sample.labels.front().second, "h");
    values[sample.labels.size() == 1
               ? sample.name
               : absl::StrCat(sample.name, " ", sample.labels[1].first, " ",
                              sample.labels[1].second)] = sample.value;
  }
  EXPECT_EQ(values.size(), LatencyHistogram::kBucketCount + 2 + 6 + 1);
  EXPECT_EQ(values["sink_latency_seconds_bucket le 0.002"], 0);
  EXPECT_EQ(values["sink_latency_seconds_bucket le 0.005"], 1);
  EXPECT_EQ(values["sink_latency_seconds_bucket le +Inf"], 1);
  EXPECT_EQ(values["sink_latency_seconds_count"], 1);
  EXPECT_DOUBLE_EQ(values["sink_latency_seconds_sum"], 0.003);
  EXPECT_DOUBLE_EQ(values["sink_latency quantile 0.999"], 5);
  EXPECT_EQ(values["sink_latency_count"], 1);
}

}  // namespace
}  // namespace millrace
