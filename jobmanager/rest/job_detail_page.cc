#include "jobmanager/rest/job_detail_page.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "jobmanager/rest/flow_json.h"
#include "jobmanager/rest/job_pages.h"
#include "jobmanager/rest/job_shape.h"
#include "jobmanager/rest/json_writer.h"

namespace millrace {
namespace {

// All of Flink's states of a job, in the order they are listed.
constexpr absl::string_view kJobStates[] = {
    "INITIALIZING", "CREATED",  "RUNNING",  "FAILING",
    "FAILED",       "CANCELLING", "CANCELED", "FINISHED",
    "RESTARTING",   "SUSPENDED", "RECONCILING"};

struct Span {
  absl::Time from = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
};

// From the first subtask's beginning to the last one's end.
Span SpanOf(const ShownChain& chain) {
  Span span = {.from = absl::InfiniteFuture(), .until = absl::InfinitePast()};
  for (const SubtaskView* subtask : chain.subtasks) {
    if (subtask == nullptr) return {};
    span.from = std::min(span.from, subtask->started_at);
    span.until = std::max(span.until, subtask->ended_at);
  }
  return span;
}

void WriteVertex(const JobShape& shape, const ShownChain& chain,
                 const PageContext& context, JsonWriter& out) {
  const Span span = SpanOf(chain);
  out.BeginObject()
      .Field("id", chain.id)
      .Field("slotSharingGroupId", HexId("default"))
      .Field("name", chain.name)
      .Field("maxParallelism", PlanOf(*context.job).max_parallelism)
      .Field("parallelism", chain.plan.parallelism)
      .Field("status", shape.StateOf(chain))
      .Field("start-time", RestMillis(span.from))
      .Field("end-time", RestMillis(span.until))
      .Field("duration",
             RestMillisBetween(span.from, span.until, context.now))
      .Key("tasks")
      .BeginObject();
  const std::vector<int> counts = shape.StateCounts(chain);
  for (size_t i = 0; i < counts.size(); ++i) {
    out.Field(kTaskStates[i], counts[i]);
  }
  out.EndObject().Key("metrics");
  FlowCounts flow;
  bool complete = true;
  for (const SubtaskView* subtask : chain.subtasks) {
    complete &= subtask != nullptr;
    if (subtask != nullptr) flow.Add(FlowCounts::Of(subtask->counted));
  }
  WriteFlow(flow, complete, out);
  out.EndObject();
}

}  // namespace

RestResponse JobDetailPage(const PageContext& context) {
  const JobView& job = *context.job;
  const JobShape shape(job);
  JsonWriter out;
  out.BeginObject()
      .Field("jid", job.job_id)
      .Field("name", PlanOf(job).name)
      .Field("isStoppable", false)
      .Field("state", ToString(job.state))
      .Field("start-time", RestMillis(job.started_at))
      .Field("end-time", RestMillis(job.ended_at))
      .Field("duration",
             RestMillisBetween(job.started_at, job.ended_at, context.now))
      .Field("maxParallelism", PlanOf(job).max_parallelism)
      .Field("now", RestMillis(context.now))
      .Key("timestamps")
      .BeginObject();
  for (const absl::string_view state : kJobStates) {
    const auto entered = job.entered.find(std::string(state));
    out.Field(state, entered == job.entered.end()
                         ? int64_t{0}
                         : RestMillis(entered->second));
  }
  out.EndObject().Key("vertices").BeginArray();
  std::map<absl::string_view, int> status_counts;
  for (const ShownChain& chain : shape.chains()) {
    WriteVertex(shape, chain, context, out);
    ++status_counts[shape.StateOf(chain)];
  }
  out.EndArray().Key("status-counts").BeginObject();
  for (const absl::string_view state : kTaskStates) {
    out.Field(state, status_counts[state]);
  }
  out.EndObject().Key("plan");
  WritePlan(job, shape, out);
  out.Field("pending-operators", 0)
      .Field("job-type", "STREAMING")
      .Field("schedulerType", "Default");
  return {.body = out.EndObject().Take()};
}

}  // namespace millrace
