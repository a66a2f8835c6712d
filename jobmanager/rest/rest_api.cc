#include "jobmanager/rest/rest_api.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "jobmanager/rest/checkpoint_pages.h"
#include "jobmanager/rest/cluster_pages.h"
#include "jobmanager/rest/job_actions.h"
#include "jobmanager/rest/job_detail_page.h"
#include "jobmanager/rest/job_pages.h"
#include "jobmanager/rest/path_pattern.h"
#include "jobmanager/rest/task_manager_pages.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

struct Route {
  absl::string_view method;
  absl::string_view pattern;
  Page page = nullptr;      // One of the two.
  Action action = nullptr;
  bool any_time = false;    // Also while this JobManager does not lead.
};

// Of two patterns that fit a path, the first counts.
constexpr Route kRoutes[] = {
    {.method = "GET", .pattern = "/healthz", .page = HealthPage,
     .any_time = true},
    {.method = "GET", .pattern = "/readyz", .page = ReadyPage,
     .any_time = true},
    {.method = "GET", .pattern = "/config", .page = ConfigPage,
     .any_time = true},
    {.method = "GET", .pattern = "/jobmanager/config",
     .page = JobManagerConfigPage, .any_time = true},

    {.method = "GET", .pattern = "/overview", .page = OverviewPage},
    {.method = "GET", .pattern = "/jobmanager/metrics",
     .page = JobManagerMetricsPage},
    {.method = "GET", .pattern = "/taskmanagers", .page = TaskManagersPage},
    {.method = "GET", .pattern = "/taskmanagers/:taskmanagerid",
     .page = TaskManagerPage},

    {.method = "GET", .pattern = "/jobs", .page = JobsPage},
    {.method = "POST", .pattern = "/jobs", .action = JavaGraphAction},
    {.method = "GET", .pattern = "/jobs/overview", .page = JobsOverviewPage},
    {.method = "GET", .pattern = "/jobs/:jobid", .page = JobDetailPage},
    {.method = "PATCH", .pattern = "/jobs/:jobid", .action = CancelAction},
    {.method = "GET", .pattern = "/jobs/:jobid/yarn-cancel",
     .action = CancelAction},
    {.method = "GET", .pattern = "/jobs/:jobid/status",
     .page = JobStatusPage},
    {.method = "GET", .pattern = "/jobs/:jobid/config",
     .page = JobConfigPage},
    {.method = "GET", .pattern = "/jobs/:jobid/plan", .page = JobPlanPage},
    {.method = "GET", .pattern = "/jobs/:jobid/metrics",
     .page = JobMetricsPage},
    {.method = "GET", .pattern = "/jobs/:jobid/exceptions",
     .page = ExceptionsPage},
    {.method = "GET", .pattern = "/jobs/:jobid/execution-result",
     .page = ExecutionResultPage},

    {.method = "GET", .pattern = "/jobs/:jobid/checkpoints",
     .page = CheckpointsPage},
    {.method = "POST", .pattern = "/jobs/:jobid/checkpoints",
     .action = CheckpointAction},
    {.method = "GET", .pattern = "/jobs/:jobid/checkpoints/config",
     .page = CheckpointConfigPage},
    {.method = "GET", .pattern = "/jobs/:jobid/checkpoints/:triggerid",
     .action = CheckpointOutcomeAction},
    {.method = "GET",
     .pattern = "/jobs/:jobid/checkpoints/details/:checkpointid",
     .page = CheckpointDetailPage},
    {.method = "POST", .pattern = "/jobs/:jobid/savepoints",
     .action = SavepointAction},
    {.method = "GET", .pattern = "/jobs/:jobid/savepoints/:triggerid",
     .action = SavepointOutcomeAction},
    {.method = "POST", .pattern = "/jobs/:jobid/stop", .action = StopAction},

    {.method = "GET", .pattern = "/jobs/:jobid/vertices/:vertexid",
     .page = VertexPage},
    {.method = "GET", .pattern = "/jobs/:jobid/vertices/:vertexid/metrics",
     .page = VertexMetricsPage},
    {.method = "GET",
     .pattern = "/jobs/:jobid/vertices/:vertexid/subtasks/metrics",
     .page = SubtaskMetricsPage},
    {.method = "GET", .pattern = "/jobs/:jobid/vertices/:vertexid/watermarks",
     .page = WatermarksPage},

    {.method = "POST", .pattern = "/millrace/v1/jobs",
     .action = SubmitAction},
    {.method = "GET", .pattern = "/millrace/v1/jobs/:jobid",
     .page = FollowPage},
};

RestResponse UnknownPath(const RestRequest& request) {
  std::vector<absl::string_view> patterns;
  for (const Route& route : kRoutes) patterns.push_back(route.pattern);
  const std::string nearest = NearestPath(request.path, patterns);
  return ErrorResponse(MakeError(
      absl::StatusCode::kNotFound,
      {.code = "JOB-0100",
       .what = absl::StrCat("there is no path '", request.path, "'"),
       .where = {},
       .why = {},
       .fix = nearest.empty()
                  ? "There are /overview, /jobs, /jobs/overview, "
                    "/taskmanagers, /config and what is below them."
                  : absl::StrCat("Did you mean '", nearest, "'?")}));
}

// Of a path that has routes, but not for the method.
RestResponse WrongMethod(const RestRequest& request,
                         const std::vector<absl::string_view>& methods) {
  const std::string allow = absl::StrJoin(methods, ", ");
  if (request.method == "OPTIONS") return {.status = 200, .allow = allow};
  RestResponse response = ErrorResponse(
      405, absl::StrCat("JOB-0108: '", request.path, "' takes no ",
                        request.method, ". It takes: ", allow));
  response.allow = allow;
  return response;
}

RestResponse NotLeading() {
  return ErrorResponse(
      MakeError(absl::StatusCode::kUnavailable,
                {.code = "JOB-0109",
                 .what = "this JobManager does not lead",
                 .where = {},
                 .why = "another one does, or an election is under way",
                 .fix = "Ask again in a moment, or ask the one that leads."}));
}

RestResponse NoSuchJob(const std::string& job_id) {
  return ErrorResponse(
      MakeError(absl::StatusCode::kNotFound,
                {.code = "JOB-0101",
                 .what = absl::StrCat("there is no job '", job_id, "'"),
                 .where = {},
                 .why = "it was never submitted here, or ended too long ago",
                 .fix = "GET /jobs/overview, or `millrace list -a`, lists "
                        "those there are."}));
}

const JobView* FindJob(const ClusterView& view, const std::string& job_id) {
  for (const JobView& job : view.jobs) {
    if (job.job_id == job_id) return &job;
  }
  return nullptr;
}

}  // namespace

RestApi::RestApi(JobGateway* gateway, const Clock* clock,
                 RestSettings settings)
    : gateway_(gateway),
      clock_(clock),
      settings_(std::move(settings)),
      operations_(std::make_shared<AskedOperations>()),
      rates_(std::make_unique<RateBook>()) {}

void RestApi::Handle(RestRequest request, Respond respond) const {
  if (absl::StartsWith(request.path, "/v1/")) request.path.erase(0, 3);
  const absl::string_view method =
      request.method == "HEAD" ? "GET" : absl::string_view(request.method);
  std::vector<absl::string_view> other_methods;
  for (const Route& route : kRoutes) {
    auto ids = MatchPath(route.pattern, request.path);
    if (!ids.has_value()) continue;
    if (route.method != method) {
      other_methods.push_back(route.method);
      continue;
    }
    const std::shared_ptr<const ClusterView> view = gateway_->View();
    if (!view->leads && !route.any_time) return respond(NotLeading());
    const JobView* job = nullptr;
    if (HasPart(route.pattern, "jobid")) {
      job = FindJob(*view, ids->front());
      if (job == nullptr) return respond(NoSuchJob(ids->front()));
    }
    const PageContext context = {.view = *view,
                                 .settings = settings_,
                                 .request = request,
                                 .now = clock_->Now(),
                                 .ids = *std::move(ids),
                                 .job = job,
                                 .rates = rates_.get()};
    if (route.page != nullptr) return respond(route.page(context));
    return route.action({gateway_, operations_}, context, std::move(respond));
  }
  respond(other_methods.empty() ? UnknownPath(request)
                                : WrongMethod(request, other_methods));
}

}  // namespace millrace
