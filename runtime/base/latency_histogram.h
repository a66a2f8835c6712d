#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/base/metrics.h"

namespace millrace {

// Durations by buckets that end at 1, 2 and 5 times a power of ten, from a
// tenth of a millisecond to 500 s. Written by one thread, read by any.
class LatencyHistogram {
 public:
  // The upper ends, ascending. What is longer falls into one bucket more.
  static constexpr int64_t kEndsMicros[] = {
      100,         200,         500,         1'000,      2'000,
      5'000,       10'000,      20'000,      50'000,     100'000,
      200'000,     500'000,     1'000'000,   2'000'000,  5'000'000,
      10'000'000,  20'000'000,  50'000'000,  100'000'000, 200'000'000,
      500'000'000};
  static constexpr int kBucketCount =
      static_cast<int>(std::size(kEndsMicros)) + 1;

  // REQUIRES: micros >= 0.
  void Record(int64_t micros);

  // How many were at most as long as the upper end of bucket `index`; of the
  // last bucket all.
  int64_t CountUpTo(int index) const;
  int64_t sum_micros() const { return sum_micros_.value(); }
  // The upper end of the bucket that holds the quantile, 0 <= q <= 1; of the
  // last bucket its lower end. 0 while nothing was recorded.
  int64_t QuantileMicros(double q) const;

 private:
  Counter buckets_[kBucketCount];
  Counter sum_micros_;
};

// Prints it as Prometheus has histograms, in seconds: "<name>_bucket" with the
// label "le", "<name>_sum" and "<name>_count".
void AddBuckets(MetricGroup& group, absl::string_view name,
                absl::string_view help,
                std::shared_ptr<const LatencyHistogram> histogram);

// Prints it as Flink's reporter has histograms, in milliseconds: "<name>" with
// the label "quantile" (0.5, 0.75, 0.95, 0.98, 0.99, 0.999) and "<name>_count".
void AddQuantiles(MetricGroup& group, absl::string_view name,
                  absl::string_view help,
                  std::shared_ptr<const LatencyHistogram> histogram);

}  // namespace millrace
