#include "runtime/base/latency_histogram.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace millrace {

void LatencyHistogram::Record(int64_t micros) {
  const auto* const end = std::lower_bound(std::begin(kEndsMicros),
                                           std::end(kEndsMicros), micros);
  buckets_[end - std::begin(kEndsMicros)].Add(1);
  sum_micros_.Add(micros);
}

int64_t LatencyHistogram::CountUpTo(int index) const {
  int64_t count = 0;
  for (int i = 0; i <= index; ++i) count += buckets_[i].value();
  return count;
}

int64_t LatencyHistogram::QuantileMicros(double q) const {
  const int64_t all = CountUpTo(kBucketCount - 1);
  if (all == 0) return 0;
  const double wanted = q * static_cast<double>(all);
  int64_t seen = buckets_[0].value();
  int bucket = 0;
  while (static_cast<double>(seen) < wanted && bucket + 2 < kBucketCount) {
    seen += buckets_[++bucket].value();
  }
  return kEndsMicros[bucket];
}

void AddBuckets(MetricGroup& group, absl::string_view name,
                absl::string_view help,
                std::shared_ptr<const LatencyHistogram> histogram) {
  for (int i = 0; i < LatencyHistogram::kBucketCount; ++i) {
    const std::string end =
        i + 1 < LatencyHistogram::kBucketCount
            ? absl::StrCat(static_cast<double>(
                               LatencyHistogram::kEndsMicros[i]) / 1e6)
            : "+Inf";
    group.AddReading(absl::StrCat(name, "_bucket{le=", end, "}"), help,
                     [histogram, i] {
                       return static_cast<double>(histogram->CountUpTo(i));
                     });
  }
  group.AddReading(absl::StrCat(name, "_sum"), help, [histogram] {
    return static_cast<double>(histogram->sum_micros()) / 1e6;
  });
  group.AddReading(absl::StrCat(name, "_count"), help, [histogram] {
    return static_cast<double>(
        histogram->CountUpTo(LatencyHistogram::kBucketCount - 1));
  });
}

void AddQuantiles(MetricGroup& group, absl::string_view name,
                  absl::string_view help,
                  std::shared_ptr<const LatencyHistogram> histogram) {
  for (const double q : {0.5, 0.75, 0.95, 0.98, 0.99, 0.999}) {
    group.AddReading(
        absl::StrCat(name, "{quantile=", q, "}"), help, [histogram, q] {
          return static_cast<double>(histogram->QuantileMicros(q)) / 1e3;
        });
  }
  group.AddReading(absl::StrCat(name, "_count"), help, [histogram] {
    return static_cast<double>(
        histogram->CountUpTo(LatencyHistogram::kBucketCount - 1));
  });
}

}  // namespace millrace
