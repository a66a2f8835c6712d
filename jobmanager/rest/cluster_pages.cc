#include "jobmanager/rest/cluster_pages.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "jobmanager/rest/json_writer.h"
#include "jobmanager/rest/metric_list.h"

namespace millrace {
namespace {

constexpr absl::string_view kHidden = "******";

// A key whose value is nobody's to read: the words that Flink hides by.
bool IsSecret(absl::string_view key) {
  static constexpr absl::string_view kWords[] = {
      "password",   "secret",      "apikey",     "api-key", "auth-params",
      "service-key", "token",      "basic-auth", "jaas.config",
      "http-headers", "account.key", "private-key"};
  const std::string lower = absl::AsciiStrToLower(key);
  for (const absl::string_view word : kWords) {
    if (absl::StrContains(lower, word)) return true;
  }
  return false;
}

int Count(const ClusterView& view, JobState state) {
  int count = 0;
  for (const JobView& job : view.jobs) count += job.state == state;
  return count;
}

// What Flink counts as running: it holds, or wants, slots.
int CountRunning(const ClusterView& view) {
  int count = 0;
  for (const JobView& job : view.jobs) count += !IsTerminal(job.state);
  return count;
}

RestResponse Text(int status, absl::string_view text) {
  return {.status = status,
          .body = std::string(text),
          .content_type = "text/plain; charset=UTF-8"};
}

}  // namespace

RestResponse ConfigPage(const PageContext& context) {
  const RestSettings& settings = context.settings;
  JsonWriter out;
  out.BeginObject()
      .Field("refresh-interval",
             absl::ToInt64Milliseconds(settings.refresh_interval))
      .Field("timezone-name", "Coordinated Universal Time")
      .Field("timezone-offset", 0)
      .Field("flink-version", settings.version)
      .Field("flink-revision", settings.revision)
      .Key("features")
      .BeginObject()
      .Field("web-submit", false)
      .Field("web-cancel", true)
      .Field("web-rescale", false)
      .Field("web-history", false)
      .EndObject()
      .Field("millrace-version", settings.version);
  return {.body = out.EndObject().Take()};
}

RestResponse OverviewPage(const PageContext& context) {
  const ClusterView& view = context.view;
  JsonWriter out;
  out.BeginObject()
      .Field("taskmanagers", static_cast<int64_t>(view.task_managers.size()))
      .Field("taskmanagers-blocked", 0)
      .Field("slots-total", view.SlotsTotal())
      .Field("slots-available", view.SlotsFree())
      .Field("slots-free-and-blocked", 0)
      .Field("jobs-running", CountRunning(view))
      .Field("jobs-finished", Count(view, JobState::kFinished))
      .Field("jobs-cancelled", Count(view, JobState::kCanceled))
      .Field("jobs-failed", Count(view, JobState::kFailed))
      .Field("flink-version", context.settings.version)
      .Field("flink-commit", context.settings.revision)
      .Field("millrace-version", context.settings.version);
  return {.body = out.EndObject().Take()};
}

RestResponse JobManagerConfigPage(const PageContext& context) {
  JsonWriter out;
  out.BeginArray();
  for (const auto& [key, value] : context.settings.config) {
    out.BeginObject()
        .Field("key", key)
        .Field("value", IsSecret(key) ? kHidden : absl::string_view(value))
        .EndObject();
  }
  return {.body = out.EndArray().Take()};
}

RestResponse JobManagerMetricsPage(const PageContext& context) {
  const ClusterView& view = context.view;
  MetricList metrics;
  metrics.Add("numRegisteredTaskManagers",
              static_cast<int64_t>(view.task_managers.size()));
  metrics.Add("numRunningJobs", CountRunning(view));
  metrics.Add("taskSlotsAvailable", view.SlotsFree());
  metrics.Add("taskSlotsTotal", view.SlotsTotal());
  return {.body = metrics.Json(context.request.Param("get"))};
}

RestResponse HealthPage(const PageContext&) { return Text(200, "ok\n"); }

RestResponse ReadyPage(const PageContext& context) {
  if (context.view.leads) return Text(200, "ok\n");
  return Text(503, "this JobManager does not lead\n");
}

}  // namespace millrace
