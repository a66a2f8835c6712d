// The pages of job_pages.h about how a job fares and how it ended.

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "jobmanager/rest/job_pages.h"
#include "runtime/base/error.h"
#include "runtime/base/event_time.h"

namespace millrace {
namespace {

// web.exception-history-size.
constexpr int kMostExceptions = 16;

// What stands where Flink has the name of a Java class.
std::string ErrorName(const absl::Status& status) {
  return ErrorCode(status).value_or(absl::StatusCodeToString(status.code()));
}

absl::string_view ApplicationStatus(JobState state) {
  switch (state) {
    case JobState::kFinished: return "SUCCEEDED";
    case JobState::kCanceled: return "CANCELED";
    case JobState::kFailed: return "FAILED";
    default: return "UNKNOWN";
  }
}

absl::string_view AddressOf(const ClusterView& view, const std::string& id) {
  for (const TaskManagerView& one : view.task_managers) {
    if (one.registered.task_manager == id) return one.address;
  }
  return id;
}

// Null where it is not known.
void WriteTextOrNull(absl::string_view name, absl::string_view text,
                     JsonWriter& out) {
  out.Key(name);
  text.empty() ? out.Null() : out.Value(text);
}

void WriteFailure(const PageContext& context, const FailureView& failure,
                  JsonWriter& out) {
  out.BeginObject()
      .Field("exceptionName", ErrorName(failure.status))
      .Field("stacktrace", failure.status.message())
      .Field("timestamp", RestMillis(failure.at));
  WriteTextOrNull("taskName", failure.task, out);
  WriteTextOrNull("endpoint", AddressOf(context.view, failure.task_manager),
                  out);
  WriteTextOrNull("taskManagerId", failure.task_manager, out);
  out.EmptyObject("failureLabels").EmptyArray("concurrentExceptions");
  out.EndObject();
}

// The rows that sources read and sinks took, and the least watermark of the
// sinks.
struct Progress {
  int64_t rows_in = 0;
  int64_t rows_out = 0;
  int64_t watermark_ms = kMaxWatermark;
};
Progress ProgressOf(const JobView& job) {
  const JobPlan& plan = PlanOf(job);
  Progress progress;
  for (const SubtaskView& subtask : job.subtasks) {
    for (const auto& op : subtask.counted.operators) {
      const int vertex = op.vertex.value();
      if (vertex < 0 || vertex >= static_cast<int>(plan.vertices.size())) {
        continue;
      }
      const OperatorSpec& spec = plan.vertices[vertex].spec;
      if (std::holds_alternative<SourceSpec>(spec)) {
        progress.rows_in += op.rows_in;
      } else if (std::holds_alternative<SinkSpec>(spec)) {
        progress.rows_out += op.rows_in;
        progress.watermark_ms =
            std::min(progress.watermark_ms, op.watermark_ms);
      }
    }
  }
  return progress;
}

}  // namespace

RestResponse ExecutionResultPage(const PageContext& context) {
  const JobView& job = *context.job;
  const bool ended = IsTerminal(job.state);
  JsonWriter out;
  out.BeginObject()
      .Key("status")
      .BeginObject()
      .Field("id", ended ? "COMPLETED" : "IN_PROGRESS")
      .EndObject()
      .Key("job-execution-result");
  if (!ended) return {.body = out.Null().EndObject().Take()};
  out.BeginObject()
      .Field("id", job.job_id)
      .Field("application-status", ApplicationStatus(job.state))
      .EmptyObject("accumulator-results")
      .Field("net-runtime",
             RestMillisBetween(job.started_at, job.ended_at, context.now));
  if (job.state == JobState::kFailed && !job.failures.empty()) {
    const absl::Status& cause = job.failures.front().status;
    out.Key("failure-cause")
        .BeginObject()
        .Field("class", ErrorName(cause))
        .Field("stack-trace", cause.message())
        .Field("serialized-throwable", "")
        .EndObject();
  }
  return {.body = out.EndObject().EndObject().Take()};
}

RestResponse ExceptionsPage(const PageContext& context) {
  const std::vector<FailureView>& failures = context.job->failures;
  int most = kMostExceptions;
  const std::string asked = context.request.Param("maxExceptions");
  if (!asked.empty() && (!absl::SimpleAtoi(asked, &most) || most <= 0)) {
    return ErrorResponse(
        UserError({.code = "JOB-0103",
                   .what = absl::StrCat("'", asked, "' is no number of "
                                        "exceptions"),
                   .where = "maxExceptions",
                   .why = {},
                   .fix = "Write a number from 1 on."}));
  }
  const bool truncated = failures.size() > static_cast<size_t>(most);
  JsonWriter out;
  out.BeginObject();
  if (failures.empty()) {
    out.Key("root-exception").Null().Key("timestamp").Null();
  } else {
    out.Field("root-exception", failures.back().status.message())
        .Field("timestamp", RestMillis(failures.back().at));
  }
  out.EmptyArray("all-exceptions").Field("truncated", truncated);
  out.Key("exceptionHistory").BeginObject().Key("entries").BeginArray();
  const size_t shown = std::min(failures.size(), static_cast<size_t>(most));
  for (size_t i = 0; i < shown; ++i) {
    WriteFailure(context, failures[failures.size() - 1 - i], out);
  }
  out.EndArray().Field("truncated", truncated).EndObject();
  return {.body = out.EndObject().Take()};
}

RestResponse FollowPage(const PageContext& context) {
  const JobView& job = *context.job;
  const Progress progress = ProgressOf(job);
  JsonWriter out;
  out.BeginObject()
      .Field("jid", job.job_id)
      .Field("name", PlanOf(job).name)
      .Field("state", ToString(job.state))
      .Field("duration",
             RestMillisBetween(job.started_at, job.ended_at, context.now))
      .Field("restarts", job.restarts)
      .Field("restored-checkpoint", job.checkpoints.restored.value())
      .Field("waits-for", job.waits_for)
      .Field("rows-in", progress.rows_in)
      .Field("rows-out", progress.rows_out);
  if (progress.watermark_ms != kMaxWatermark &&
      progress.watermark_ms != kMinWatermark) {
    out.Field("watermark", progress.watermark_ms);
  }
  if (!job.failures.empty()) {
    out.Field("first-failure", job.failures.front().status.message())
        .Field("latest-failure", job.failures.back().status.message());
  }
  out.Key("finish-lines").BeginArray();
  for (const std::string& line : job.finish_lines) out.Value(line);
  return {.body = out.EndArray().EndObject().Take()};
}

}  // namespace millrace
