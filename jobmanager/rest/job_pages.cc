#include "jobmanager/rest/job_pages.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "jobmanager/rest/metric_list.h"

namespace millrace {
namespace {

absl::Time LastModification(const JobView& job) {
  absl::Time last = job.started_at;
  for (const auto& [state, at] : job.entered) last = std::max(last, at);
  return IsTerminal(job.state) ? std::max(last, job.ended_at) : last;
}

// {"total":3,"created":0,...}
void WriteTaskCounts(const JobView& job, JsonWriter& out) {
  const JobShape shape(job);
  std::vector<int> counts(std::size(kTaskStates));
  for (const ShownChain& chain : shape.chains()) {
    const std::vector<int> of_chain = shape.StateCounts(chain);
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += of_chain[i];
  }
  out.BeginObject().Field("total", shape.SubtaskCount());
  for (size_t i = 0; i < counts.size(); ++i) {
    out.Field(absl::AsciiStrToLower(kTaskStates[i]), counts[i]);
  }
  out.EndObject();
}

absl::string_view ShipStrategy(ExchangeKind exchange) {
  switch (exchange) {
    case ExchangeKind::kForward: return "FORWARD";
    case ExchangeKind::kHash: return "HASH";
    case ExchangeKind::kRebalance: return "REBALANCE";
    case ExchangeKind::kBroadcast: return "BROADCAST";
    case ExchangeKind::kGlobal: return "GLOBAL";
  }
  return "";
}

}  // namespace

RestResponse JobsPage(const PageContext& context) {
  JsonWriter out;
  out.BeginObject().Key("jobs").BeginArray();
  for (const JobView& job : context.view.jobs) {
    out.BeginObject()
        .Field("id", job.job_id)
        .Field("status", ToString(job.state))
        .EndObject();
  }
  return {.body = out.EndArray().EndObject().Take()};
}

RestResponse JobsOverviewPage(const PageContext& context) {
  JsonWriter out;
  out.BeginObject().Key("jobs").BeginArray();
  for (const JobView& job : context.view.jobs) {
    out.BeginObject()
        .Field("jid", job.job_id)
        .Field("name", PlanOf(job).name)
        .Field("state", ToString(job.state))
        .Field("start-time", RestMillis(job.started_at))
        .Field("end-time", RestMillis(job.ended_at))
        .Field("duration",
               RestMillisBetween(job.started_at, job.ended_at, context.now))
        .Field("last-modification", RestMillis(LastModification(job)))
        .Key("tasks");
    WriteTaskCounts(job, out);
    out.Field("pending-operators", 0)
        .Field("jobType", "STREAMING")
        .Field("schedulerType", "Default")
        .EndObject();
  }
  return {.body = out.EndArray().EndObject().Take()};
}

RestResponse JobStatusPage(const PageContext& context) {
  JsonWriter out;
  out.BeginObject().Field("status", ToString(context.job->state));
  return {.body = out.EndObject().Take()};
}

RestResponse JobConfigPage(const PageContext& context) {
  const JobPlan& plan = PlanOf(*context.job);
  int parallelism = 1;
  for (const Vertex& vertex : plan.vertices) {
    parallelism = std::max(parallelism, vertex.parallelism);
  }
  JsonWriter out;
  out.BeginObject()
      .Field("jid", context.job->job_id)
      .Field("name", plan.name)
      .Key("execution-config")
      .BeginObject()
      .Field("restart-strategy", "Exponential delay")
      .Field("job-parallelism", parallelism)
      .Field("object-reuse-mode", true)
      .Key("user-config")
      .BeginObject();
  for (const auto& [key, value] : plan.config) out.Field(key, value);
  return {.body = out.EndObject().EndObject().EndObject().Take()};
}

void WritePlan(const JobView& job, const JobShape& shape, JsonWriter& out) {
  out.BeginObject()
      .Field("jid", job.job_id)
      .Field("name", PlanOf(job).name)
      .Field("type", "STREAMING")
      .Key("nodes")
      .BeginArray();
  for (const ShownChain& chain : shape.chains()) {
    out.BeginObject()
        .Field("id", chain.id)
        .Field("parallelism", chain.plan.parallelism)
        .Field("operator", "")
        .Field("operator_strategy", "")
        .Field("description", chain.name);
    if (!chain.inputs.empty()) out.Key("inputs").BeginArray();
    int number = 0;
    for (const ShownChain::Input& input : chain.inputs) {
      out.BeginObject()
          .Field("num", number++)
          .Field("id", input.from)
          .Field("ship_strategy", ShipStrategy(input.exchange))
          .Field("exchange", "pipelined_bounded")
          .EndObject();
    }
    if (!chain.inputs.empty()) out.EndArray();
    out.EmptyObject("optimizer_properties").EndObject();
  }
  out.EndArray().EndObject();
}

RestResponse JobPlanPage(const PageContext& context) {
  JsonWriter out;
  out.BeginObject().Key("plan");
  WritePlan(*context.job, JobShape(*context.job), out);
  return {.body = out.EndObject().Take()};
}

RestResponse JobMetricsPage(const PageContext& context) {
  const JobView& job = *context.job;
  const CheckpointStats& checkpoints = job.checkpoints;
  const auto running = job.entered.find("RUNNING");
  const bool runs =
      job.state == JobState::kRunning && running != job.entered.end();
  const int64_t up =
      runs ? RestMillisBetween(running->second, job.ended_at, context.now) : 0;
  MetricList metrics;
  metrics.Add("numRestarts", job.restarts);
  metrics.Add("uptime", up);
  metrics.Add("runningTime", up);
  metrics.Add("totalNumberOfCheckpoints", checkpoints.begun);
  metrics.Add("numberOfCompletedCheckpoints", checkpoints.completed);
  metrics.Add("numberOfFailedCheckpoints", checkpoints.failed);
  metrics.Add("numberOfInProgressCheckpoints",
              int64_t{checkpoints.in_progress});
  if (checkpoints.last_completed.value() > 0) {
    metrics.Add("lastCompletedCheckpointId",
                checkpoints.last_completed.value());
    metrics.Add("lastCheckpointDuration",
                absl::ToInt64Milliseconds(checkpoints.last_duration));
    metrics.Add("lastCheckpointSize", checkpoints.last_written_bytes);
    metrics.Add("lastCheckpointFullSize", checkpoints.last_state_bytes);
    metrics.Add("lastCheckpointCompletedTimestamp",
                RestMillis(checkpoints.last_completed_at));
  }
  if (checkpoints.restored.value() > 0) {
    metrics.Add("lastCheckpointRestoreTimestamp",
                RestMillis(checkpoints.restored_at));
  }
  return {.body = metrics.Json(context.request.Param("get"))};
}

}  // namespace millrace
