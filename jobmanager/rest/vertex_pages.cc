// The pages of job_detail_page.h about one vertex.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "jobmanager/rest/flow_json.h"
#include "jobmanager/rest/job_detail_page.h"
#include "jobmanager/rest/job_shape.h"
#include "jobmanager/rest/json_writer.h"
#include "jobmanager/rest/metric_list.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

RestResponse NoSuchVertex(const PageContext& context, const JobShape& shape) {
  std::string there;
  for (const ShownChain& chain : shape.chains()) {
    absl::StrAppend(&there, there.empty() ? "" : ", ", chain.id, " (",
                    chain.name, ")");
  }
  return ErrorResponse(MakeError(
      absl::StatusCode::kNotFound,
      {.code = "JOB-0102",
       .what = absl::StrCat("the job has no vertex '", context.ids[1], "'"),
       .where = absl::StrCat("job ", context.ids[0]),
       .why = {},
       .fix = absl::StrCat("There are: ", there)}));
}

// The vertex that the path names, given to `page`.
template <typename MakePage>
RestResponse WithChain(const PageContext& context, const MakePage& page) {
  const JobShape shape(*context.job);
  const ShownChain* const chain = shape.Find(context.ids[1]);
  if (chain == nullptr) return NoSuchVertex(context, shape);
  return page(shape, *chain);
}

struct Metric {
  std::string id;
  double value;
  std::string text;  // Of the value.
};

// The metrics of one subtask, by Flink's names.
class SubtaskMetrics {
 public:
  SubtaskMetrics(const PageContext& context, const SubtaskView& subtask)
      : context_(context), subtask_(subtask) {
    const SubtaskReport& report = subtask.counted;
    if (report.operators.empty()) return;
    const FlowCounts flow = FlowCounts::Of(report);
    AddCounter("numRecordsIn", flow.rows_in);
    AddCounter("numRecordsOut", flow.rows_out);
    AddCounter("numBytesIn", flow.bytes_in);
    AddCounter("numBytesOut", flow.bytes_out);
    Add("accumulateBusyTimeMs", flow.busy_ms);
    AddRate("busyTimeMsPerSecond", flow.busy_ms);
    Add("accumulateIdleTimeMs", flow.idle_ms);
    AddRate("idleTimeMsPerSecond", flow.idle_ms);
    Add("accumulateBackPressuredTimeMs", flow.back_pressured_ms);
    AddRate("backPressuredTimeMsPerSecond", flow.back_pressured_ms);
    Add("currentInputWatermark", report.operators.front().watermark_ms);
    for (const SubtaskReport::OperatorCount& op : report.operators) {
      AddOperator(op);
    }
  }

  const std::vector<Metric>& metrics() const { return metrics_; }

 private:
  void Add(std::string id, int64_t value) {
    metrics_.push_back({.id = std::move(id),
                        .value = static_cast<double>(value),
                        .text = absl::StrCat(value)});
  }
  void AddRate(std::string id, int64_t count) {
    const double rate = context_.rates->Rate(
        absl::StrCat(context_.job->job_id, "/", subtask_.id.vertex.value(),
                     "/", subtask_.id.index, "/", id),
        count, subtask_.started_at, context_.now);
    metrics_.push_back({.id = std::move(id),
                        .value = rate,
                        .text = absl::StrFormat("%.15g", rate)});
  }
  void AddCounter(const std::string& id, int64_t count) {
    Add(id, count);
    AddRate(absl::StrCat(id, "PerSecond"), count);
  }
  // With the operator's name in front.
  void AddOperator(const SubtaskReport::OperatorCount& op) {
    const JobPlan& plan = PlanOf(*context_.job);
    const int vertex = op.vertex.value();
    if (vertex < 0 || vertex >= static_cast<int>(plan.vertices.size())) return;
    const std::string name = MetricName(ShownName(plan.vertices[vertex]));
    AddCounter(absl::StrCat(name, ".numRecordsIn"), op.rows_in);
    AddCounter(absl::StrCat(name, ".numRecordsOut"), op.rows_out);
    Add(absl::StrCat(name, ".numLateRecordsDropped"), op.late_rows);
  }

  const PageContext& context_;
  const SubtaskView& subtask_;
  std::vector<Metric> metrics_;
};

void WriteSubtask(const PageContext& context, absl::string_view state,
                  int index, const SubtaskView* known, JsonWriter& out) {
  static const SubtaskView& none = *new SubtaskView;
  const SubtaskView& subtask = known == nullptr ? none : *known;
  const int64_t duration =
      RestMillisBetween(subtask.started_at, subtask.ended_at, context.now);
  out.BeginObject()
      .Field("subtask", index)
      .Field("status", state)
      .Field("attempt", context.job->attempt)
      .Field("endpoint", subtask.task_manager)
      .Field("start-time", RestMillis(subtask.started_at))
      .Field("end-time", RestMillis(subtask.ended_at))
      .Field("duration", duration)
      .Key("metrics");
  WriteFlow(FlowCounts::Of(subtask.counted), known != nullptr, out);
  out.Field("taskmanager-id", subtask.task_manager)
      .Key("status-duration")
      .BeginObject();
  if (duration >= 0) out.Field(state, duration);
  out.EndObject().EmptyArray("other-concurrent-attempts").EndObject();
}

}  // namespace

RestResponse VertexPage(const PageContext& context) {
  return WithChain(context, [&](const JobShape& shape,
                                const ShownChain& chain) -> RestResponse {
    JsonWriter out;
    out.BeginObject()
        .Field("id", chain.id)
        .Field("name", chain.name)
        .Field("parallelism", chain.plan.parallelism)
        .Field("maxParallelism", PlanOf(*context.job).max_parallelism)
        .Field("now", RestMillis(context.now))
        .EmptyObject("aggregated")
        .Key("subtasks")
        .BeginArray();
    for (int i = 0; i < chain.plan.parallelism; ++i) {
      WriteSubtask(context, shape.StateOf(chain, i), i, chain.subtasks[i],
                   out);
    }
    return {.body = out.EndArray().EndObject().Take()};
  });
}

RestResponse VertexMetricsPage(const PageContext& context) {
  return WithChain(context, [&](const JobShape&,
                                const ShownChain& chain) -> RestResponse {
    MetricList metrics;
    for (const SubtaskView* subtask : chain.subtasks) {
      if (subtask == nullptr) continue;
      const SubtaskMetrics of_subtask(context, *subtask);
      for (const Metric& one : of_subtask.metrics()) {
        metrics.Add(absl::StrCat(subtask->id.index, ".", one.id), one.text);
      }
    }
    return {.body = metrics.Json(context.request.Param("get"))};
  });
}

RestResponse SubtaskMetricsPage(const PageContext& context) {
  return WithChain(context, [&](const JobShape&,
                                const ShownChain& chain) -> RestResponse {
    SpreadMetricList metrics;
    for (const SubtaskView* subtask : chain.subtasks) {
      if (subtask == nullptr) continue;
      const SubtaskMetrics of_subtask(context, *subtask);
      for (const Metric& one : of_subtask.metrics()) {
        metrics.Add(one.id, one.value);
      }
    }
    return {.body = metrics.Json(context.request.Param("get"),
                                 context.request.Param("agg"))};
  });
}

RestResponse WatermarksPage(const PageContext& context) {
  return WithChain(context, [&](const JobShape&,
                                const ShownChain& chain) -> RestResponse {
    JsonWriter out;
    out.BeginArray();
    for (const SubtaskView* subtask : chain.subtasks) {
      if (subtask == nullptr || subtask->counted.operators.empty()) continue;
      out.BeginObject()
          .Field("id",
                 absl::StrCat(subtask->id.index, ".currentInputWatermark"))
          .Field("value", absl::StrCat(
                              subtask->counted.operators.front().watermark_ms))
          .EndObject();
    }
    return {.body = out.EndArray().Take()};
  });
}

}  // namespace millrace
