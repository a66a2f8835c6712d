#include "jobmanager/rest/checkpoint_pages.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "jobmanager/checkpoint_config.h"
#include "jobmanager/rest/checkpoint_history.h"
#include "jobmanager/rest/job_shape.h"
#include "jobmanager/rest/json_writer.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

using Outcome = CheckpointReport::Outcome;

struct OutcomeNames {
  absl::string_view class_name;
  absl::string_view status;
};
OutcomeNames NamesOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kBegun: return {"in_progress", "IN_PROGRESS"};
    case Outcome::kCompleted: return {"completed", "COMPLETED"};
    case Outcome::kFailed: return {"failed", "FAILED"};
  }
  return {};
}

bool IsSavepoint(const CheckpointReport& report) {
  return report.kind == CheckpointKind::kSavepoint ||
         report.kind == CheckpointKind::kStop;
}

absl::string_view TypeOf(CheckpointKind kind) {
  switch (kind) {
    case CheckpointKind::kSavepoint: return "SAVEPOINT";
    case CheckpointKind::kStop: return "SYNC_SAVEPOINT";
    default: return "CHECKPOINT";
  }
}

int64_t Millis(const CheckpointReport& report) {
  return absl::ToInt64Milliseconds(report.duration);
}

void WriteEntry(const CheckpointReport& report, int subtasks,
                JsonWriter& out) {
  const bool is_savepoint = IsSavepoint(report);
  const bool completed = report.outcome == Outcome::kCompleted;
  const OutcomeNames names = NamesOf(report.outcome);
  const absl::Time begun = report.at - report.duration;
  out.BeginObject()
      .Field("className", names.class_name)
      .Field("id", report.checkpoint.value())
      .Field("status", names.status)
      .Field("is_savepoint", is_savepoint)
      .Key("savepointFormat");
  is_savepoint ? out.Value("CANONICAL") : out.Null();
  out.Field("trigger_timestamp", RestMillis(begun))
      .Field("latest_ack_timestamp",
             completed ? RestMillis(report.at) : int64_t{-1})
      .Field("checkpointed_size", report.written_bytes)
      .Field("state_size", report.state_bytes)
      .Field("end_to_end_duration", Millis(report))
      .Field("alignment_buffered", 0)
      .Field("processed_data", 0)
      .Field("persisted_data", 0)
      .Field("num_subtasks", subtasks)
      .Field("num_acknowledged_subtasks", completed ? subtasks : 0)
      .Field("checkpoint_type", TypeOf(report.kind))
      .EmptyObject("tasks");
  if (completed) {
    out.Field("external_path", report.path).Field("discarded", false);
  }
  if (report.outcome == Outcome::kFailed) {
    out.Field("failure_timestamp", RestMillis(report.at))
        .Field("failure_message", report.failure.message());
  }
  out.EndObject();
}

void WriteSummary(absl::string_view name,
                  const CheckpointHistory::Summary& summary, JsonWriter& out) {
  out.Key(name)
      .BeginObject()
      .Field("min", summary.min)
      .Field("max", summary.max)
      .Field("avg", summary.avg)
      .Field("p50", summary.Quantile(0.5))
      .Field("p90", summary.Quantile(0.9))
      .Field("p95", summary.Quantile(0.95))
      .Field("p99", summary.Quantile(0.99))
      .Field("p999", summary.Quantile(0.999))
      .EndObject();
}

void WriteLatest(const JobView& job, const CheckpointHistory& history,
                 int subtasks, JsonWriter& out) {
  const auto entry = [&](absl::string_view name,
                         const CheckpointReport* report) {
    out.Key(name);
    report == nullptr ? (void)out.Null() : WriteEntry(*report, subtasks, out);
  };
  const auto is = [](Outcome outcome, bool savepoint) {
    return [=](const CheckpointReport& report) {
      return report.outcome == outcome &&
             (outcome == Outcome::kFailed ||
              savepoint == IsSavepoint(report));
    };
  };
  out.Key("latest").BeginObject();
  entry("completed", history.Newest(is(Outcome::kCompleted, false)));
  entry("savepoint", history.Newest(is(Outcome::kCompleted, true)));
  entry("failed", history.Newest(is(Outcome::kFailed, false)));
  out.Key("restored");
  if (job.checkpoints.restored.value() > 0) {
    out.BeginObject()
        .Field("id", job.checkpoints.restored.value())
        .Field("restore_timestamp", RestMillis(job.checkpoints.restored_at))
        .Field("is_savepoint", false)
        .Key("external_path")
        .Null()
        .EndObject();
  } else {
    out.Null();
  }
  out.EndObject();
}

}  // namespace

RestResponse CheckpointsPage(const PageContext& context) {
  const JobView& job = *context.job;
  const CheckpointStats& stats = job.checkpoints;
  const CheckpointHistory history(job);
  const int subtasks = JobShape(job).SubtaskCount();
  JsonWriter out;
  out.BeginObject()
      .Key("counts")
      .BeginObject()
      .Field("restored", stats.restored.value() > 0 ? 1 : 0)
      .Field("total", stats.begun)
      .Field("in_progress", stats.in_progress ? 1 : 0)
      .Field("completed", stats.completed)
      .Field("failed", stats.failed)
      .EndObject()
      .Key("summary")
      .BeginObject();
  const auto none = [](const CheckpointReport&) { return int64_t{0}; };
  WriteSummary("checkpointed_size", history.Of([](const auto& report) {
    return report.written_bytes;
  }), out);
  WriteSummary("state_size", history.Of([](const auto& report) {
    return report.state_bytes;
  }), out);
  WriteSummary("end_to_end_duration", history.Of(Millis), out);
  WriteSummary("alignment_buffered", history.Of(none), out);
  WriteSummary("processed_data", history.Of(none), out);
  WriteSummary("persisted_data", history.Of(none), out);
  out.EndObject();
  WriteLatest(job, history, subtasks, out);
  out.Key("history").BeginArray();
  for (const CheckpointReport& report : history.entries()) {
    WriteEntry(report, subtasks, out);
  }
  return {.body = out.EndArray().EndObject().Take()};
}

RestResponse CheckpointDetailPage(const PageContext& context) {
  const CheckpointHistory history(*context.job);
  int64_t id = 0;
  const CheckpointReport* found = nullptr;
  if (absl::SimpleAtoi(context.ids[1], &id)) {
    found = history.Newest([&](const CheckpointReport& report) {
      return report.checkpoint.value() == id;
    });
  }
  if (found == nullptr) {
    return ErrorResponse(MakeError(
        absl::StatusCode::kNotFound,
        {.code = "JOB-0104",
         .what = absl::StrCat("the job has no checkpoint '", context.ids[1],
                              "' among its latest"),
         .where = absl::StrCat("job ", context.ids[0]),
         .why = {},
         .fix = "GET /jobs/:jobid/checkpoints lists them."}));
  }
  JsonWriter out;
  WriteEntry(*found, JobShape(*context.job).SubtaskCount(), out);
  return {.body = out.Take()};
}

RestResponse CheckpointConfigPage(const PageContext& context) {
  TableOptions cluster;
  for (const auto& [key, value] : context.settings.config) {
    cluster[key] = value;
  }
  const TableOptions& job = PlanOf(*context.job).config;
  const auto parsed = ParseCheckpointConfig(job, cluster);
  if (!parsed.ok()) return ErrorResponse(parsed.status());
  const auto backend = [&](const TableOptions& options) {
    const auto found = options.find("state.backend.type");
    return found == options.end() ? std::string() : found->second;
  };
  std::string name = backend(job);
  if (name.empty()) name = backend(cluster);
  JsonWriter out;
  out.BeginObject()
      .Field("mode", "exactly_once")
      .Field("interval", parsed->periodic()
                             ? absl::ToInt64Milliseconds(parsed->interval)
                             : INT64_MAX)
      .Field("timeout", absl::ToInt64Milliseconds(parsed->timeout))
      .Field("min_pause", absl::ToInt64Milliseconds(parsed->min_pause))
      .Field("max_concurrent", 1)
      .Key("externalization")
      .BeginObject()
      .Field("enabled",
             parsed->retention != CheckpointConfig::Retention::kDelete)
      .Field("delete_on_cancellation", parsed->ForgetsAt(JobState::kCanceled))
      .EndObject()
      .Field("state_backend", name == "rocksdb" ? "EmbeddedRocksDBStateBackend"
                                                : "HashMapStateBackend")
      .Field("checkpoint_storage", "FileSystemCheckpointStorage")
      .Field("unaligned_checkpoints", false)
      .Field("tolerable_failed_checkpoints", parsed->tolerable_failures)
      .Field("aligned_checkpoint_timeout", 0)
      .Field("checkpoints_after_tasks_finish", true)
      .Field("state_changelog_enabled", false)
      .Field("changelog_periodic_materialization_interval", 0)
      .Key("changelog_storage")
      .Null();
  return {.body = out.EndObject().Take()};
}

}  // namespace millrace
