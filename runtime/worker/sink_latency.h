#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/latency_histogram.h"
#include "runtime/base/metrics.h"
#include "runtime/exchange/stream_event.h"
#include "runtime/worker/metric_scopes.h"

namespace millrace {

// How long rows are on their way from a source to one subtask of a sink: from
// when the source begins to read them to when the sink has been given what came
// before their marker. What waits for it on purpose, in a window, is not in it;
// what an operator or an exchange holds back to make larger batches, at most
// 5 ms each time, is not either. Where the two are on different machines, the
// difference of their clocks is in it.
//
// Each source of the sink has a histogram, printed with buckets as
// millrace_sink_latency_seconds and with quantiles under Flink's name for what
// its latency markers measure. Owned by one worker; readers are any thread.
class SinkLatency {
 public:
  // Of the sink `vertex` of `plan`; `scopes` is used here only, `clock`
  // outlives this.
  SinkLatency(const JobPlan& plan, const MetricScopes& scopes,
              const Vertex& vertex, int subtask, const Clock* clock);

  void Record(const LatencyMarkerEvent& marker);

 private:
  struct FromSource {
    VertexId source;
    std::shared_ptr<LatencyHistogram> histogram;
    std::shared_ptr<MetricGroup> groups[2];
  };

  const Clock* const clock_;
  std::vector<FromSource> sources_;
};

}  // namespace millrace
