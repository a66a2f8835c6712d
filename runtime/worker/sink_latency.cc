#include "runtime/worker/sink_latency.h"

#include <algorithm>
#include <variant>

#include "absl/time/time.h"

namespace millrace {
namespace {

// The sources that the vertex reads from, however far.
std::vector<VertexId> SourcesOf(const JobPlan& plan, VertexId vertex) {
  std::vector<VertexId> sources;
  std::vector<VertexId> open = {vertex};
  std::vector<bool> seen(plan.vertices.size(), false);
  while (!open.empty()) {
    const VertexId at = open.back();
    open.pop_back();
    if (seen[at.value()]) continue;
    seen[at.value()] = true;
    if (std::holds_alternative<SourceSpec>(plan.vertex(at).spec)) {
      sources.push_back(at);
    }
    for (const Edge& edge : plan.edges) {
      if (edge.to == at) open.push_back(edge.from);
    }
  }
  return sources;
}

}  // namespace

SinkLatency::SinkLatency(const JobPlan& plan, const MetricScopes& scopes,
                         const Vertex& vertex, int subtask, const Clock* clock)
    : clock_(clock) {
  for (const VertexId id : SourcesOf(plan, vertex.id)) {
    const Vertex& source = plan.vertex(id);
    FromSource& from = sources_.emplace_back();
    from.source = id;
    from.histogram = std::make_shared<LatencyHistogram>();
    from.groups[0] = scopes.AddSinkLatency(source, vertex, subtask);
    AddBuckets(
        *from.groups[0], "latency_seconds",
        "From when a source begins to read rows to when the sink has them.",
        from.histogram);
    from.groups[1] = scopes.AddFlinkLatency(source, vertex, subtask);
    AddQuantiles(*from.groups[1], "latency",
                 "The same in milliseconds, by quantiles.", from.histogram);
  }
}

void SinkLatency::Record(const LatencyMarkerEvent& marker) {
  for (const FromSource& from : sources_) {
    if (from.source != marker.source) continue;
    // A clock may be behind that of the source.
    from.histogram->Record(std::max<int64_t>(
        0, absl::ToUnixMicros(clock_->Now()) - marker.read_micros));
    return;
  }
}

}  // namespace millrace
