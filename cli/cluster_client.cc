#include "cli/cluster_client.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "jobmanager/cluster/job_gateway.h"
#include "nlohmann/json.hpp"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/json_string.h"
#include "runtime/plan/plan_codec.h"

namespace millrace {
namespace {

using Json = nlohmann::json;

absl::Status NoJobManager(const std::string& url, absl::string_view path,
                          const std::string& why) {
  return UserError({.code = "CLI-0022",
                    .what = "what answers is no JobManager of Millrace",
                    .where = absl::StrCat(url, path),
                    .why = why,
                    .fix = "Check host and port: --target wants the REST port "
                           "(8081), not that of metrics or RPC."});
}

absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 400: return absl::StatusCode::kInvalidArgument;
    case 404: return absl::StatusCode::kNotFound;
    case 409: return absl::StatusCode::kFailedPrecondition;
    case 503: return absl::StatusCode::kUnavailable;
    case 504: return absl::StatusCode::kDeadlineExceeded;
    default: return absl::StatusCode::kInternal;
  }
}

// Fields of an object, or what stands for a missing one.
std::string TextOf(const Json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_string() ? found->get<std::string>()
                                                   : std::string();
}
int64_t IntOf(const Json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_number_integer()
             ? found->get<int64_t>()
             : 0;
}
const Json& ObjectOf(const Json& json, const char* field) {
  static const Json& none = *new Json(Json::object());
  const auto found = json.find(field);
  return found != json.end() && found->is_object() ? *found : none;
}

// {"errors":[...]} as a status; nullopt: the body is something else.
std::optional<absl::Status> ErrorOf(const Json& json, int http_status) {
  const auto errors = json.find("errors");
  if (errors == json.end() || !errors->is_array() || errors->empty() ||
      !errors->front().is_string()) {
    return std::nullopt;
  }
  return absl::Status(CodeOf(http_status),
                      errors->front().get<std::string>());
}

// Asks, and reads the answer's object; empty where there is no body.
absl::StatusOr<Json> Ask(const RestClient& rest, const std::string& method,
                         const std::string& path,
                         const std::string& body = "") {
  ASSIGN_OR_RETURN(const RestClient::Reply reply,
                   rest.Call(method, path, body));
  const bool done = reply.status >= 200 && reply.status < 300;
  if (done && reply.body.empty()) return Json::object();
  Json json = Json::parse(reply.body, /*cb=*/nullptr,
                          /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return NoJobManager(rest.url(), path,
                        absl::StrCat("it answers ", reply.status,
                                     " without JSON"));
  }
  if (done) return json;
  std::optional<absl::Status> error = ErrorOf(json, reply.status);
  if (error.has_value()) return *std::move(error);
  return NoJobManager(rest.url(), path,
                      absl::StrCat("it answers ", reply.status));
}

// JSON holds nothing else, and another path than was typed must not be used.
absl::Status CheckIsText(const std::string& path) {
  if (IsUtf8(path)) return absl::OkStatus();
  return UserError({.code = "CLI-0029",
                    .what = "the savepoint's path is not UTF-8",
                    .where = absl::CHexEscape(path),
                    .why = "the cluster is asked in JSON, which holds no other "
                           "text",
                    .fix = "Give the folder a name in UTF-8, or a link that "
                           "has one."});
}

}  // namespace

bool ClusterClient::Job::has_ended() const {
  return state == "FINISHED" || state == "FAILED" || state == "CANCELED";
}

absl::Status ClusterClient::CheckVersion(absl::string_view mine) const {
  ASSIGN_OR_RETURN(const Json config, Ask(rest_, "GET", "/config"));
  const std::string theirs = TextOf(config, "millrace-version");
  if (theirs.empty()) {
    return NoJobManager(url(), "/config",
                        TextOf(config, "flink-version").empty()
                            ? "it says no version"
                            : "it is one of Flink");
  }
  if (theirs == mine) return absl::OkStatus();
  return UserError(
      {.code = "CLI-0023",
       .what = absl::StrCat("the cluster is of version ", theirs,
                            ", this program of ", mine),
       .where = url(),
       .why = "a job compiled by one may mean something else to the other",
       .fix = absl::StrCat("Submit with the program of version ", theirs,
                           ".")});
}

absl::StatusOr<std::string> ClusterClient::Submit(
    const Submission& submission) const {
  RETURN_IF_ERROR(CheckIsText(submission.savepoint));
  // The plan is text already, and may be large.
  const std::string plan = ToJson(*submission.plan);
  RETURN_IF_ERROR(CheckPlanSize(submission.plan->name, plan.size()));
  std::string body = absl::StrCat("{\"plan\":", plan);
  if (!submission.job_id.empty()) {
    absl::StrAppend(&body, ",\"jobId\":", Json(submission.job_id).dump());
  }
  if (!submission.savepoint.empty()) {
    absl::StrAppend(&body, ",\"savepoint\":",
                    Json(submission.savepoint).dump());
  }
  if (submission.claim_savepoint) {
    absl::StrAppend(&body, ",\"claimSavepoint\":true");
  }
  if (submission.allow_non_restored_state) {
    absl::StrAppend(&body, ",\"allowNonRestoredState\":true");
  }
  body.push_back('}');
  ASSIGN_OR_RETURN(const Json answer,
                   Ask(rest_, "POST", "/millrace/v1/jobs", body));
  std::string job_id = TextOf(answer, "jobid");
  if (job_id.empty()) {
    return NoJobManager(url(), "/millrace/v1/jobs", "it gives no job id");
  }
  return job_id;
}

absl::StatusOr<std::vector<ClusterClient::Job>> ClusterClient::Jobs() const {
  ASSIGN_OR_RETURN(const Json answer, Ask(rest_, "GET", "/jobs/overview"));
  const auto list = answer.find("jobs");
  if (list == answer.end() || !list->is_array()) {
    return NoJobManager(url(), "/jobs/overview", "it lists no jobs");
  }
  std::vector<Job> jobs;
  for (const Json& job : *list) {
    if (!job.is_object()) continue;
    jobs.push_back({.id = TextOf(job, "jid"),
                    .name = TextOf(job, "name"),
                    .state = TextOf(job, "state"),
                    .started_at =
                        absl::FromUnixMillis(IntOf(job, "start-time"))});
  }
  return jobs;
}

absl::StatusOr<std::string> ClusterClient::FindJob(
    const std::string& text) const {
  ASSIGN_OR_RETURN(const std::vector<Job> jobs, Jobs());
  std::vector<std::string> found;
  std::vector<std::string> running;
  for (const Job& job : jobs) {
    if (job.id == text) return text;
    const bool ended = job.has_ended();
    if (!ended) running.push_back(absl::StrCat(job.id, " (", job.name, ")"));
    if (absl::StartsWith(job.id, text) || (!ended && job.name == text)) {
      found.push_back(job.id);
    }
  }
  if (found.size() == 1) return found[0];
  return MakeError(
      absl::StatusCode::kNotFound,
      {.code = "CLI-0025",
       .what = found.empty()
                   ? absl::StrCat("there is no job '", text, "'")
                   : absl::StrCat(found.size(), " jobs are called '", text,
                                  "'"),
       .where = url(),
       .why = {},
       .fix = running.empty()
                  ? "None is running; `millrace list -a` lists those that "
                    "ended."
                  : absl::StrCat("Running are: ",
                                 absl::StrJoin(running, ", "))});
}

absl::Status ClusterClient::Cancel(const std::string& job_id) const {
  return Ask(rest_, "PATCH", absl::StrCat("/jobs/", job_id, "?mode=cancel"))
      .status();
}

absl::StatusOr<std::string> ClusterClient::BeginSavepoint(
    const std::string& job_id, const std::string& directory,
    SavepointKind kind) const {
  RETURN_IF_ERROR(CheckIsText(directory));
  const bool goes_on = kind == SavepointKind::kGoOn;
  Json body = Json::object();
  if (!directory.empty()) {
    body[goes_on ? "target-directory" : "targetDirectory"] = directory;
  }
  if (!goes_on) body["drain"] = kind == SavepointKind::kDrain;
  const std::string path = absl::StrCat("/jobs/", job_id,
                                        goes_on ? "/savepoints" : "/stop");
  ASSIGN_OR_RETURN(const Json answer, Ask(rest_, "POST", path, body.dump()));
  return TextOf(answer, "request-id");
}

absl::StatusOr<std::optional<std::string>> ClusterClient::SavepointPath(
    const std::string& job_id, const std::string& trigger) const {
  ASSIGN_OR_RETURN(
      const Json answer,
      Ask(rest_, "GET",
          absl::StrCat("/jobs/", job_id, "/savepoints/", trigger)));
  if (TextOf(ObjectOf(answer, "status"), "id") != "COMPLETED") {
    return std::nullopt;
  }
  const Json& operation = ObjectOf(answer, "operation");
  const Json& failure = ObjectOf(operation, "failure-cause");
  if (!failure.empty()) {
    return absl::AbortedError(TextOf(failure, "stack-trace"));
  }
  return TextOf(operation, "location");
}

absl::StatusOr<ClusterClient::Progress> ClusterClient::Follow(
    const std::string& job_id) const {
  ASSIGN_OR_RETURN(const Json answer,
                   Ask(rest_, "GET",
                       absl::StrCat("/millrace/v1/jobs/", job_id)));
  Progress progress = {
      .name = TextOf(answer, "name"),
      .state = TextOf(answer, "state"),
      .duration = absl::Milliseconds(IntOf(answer, "duration")),
      .restarts = IntOf(answer, "restarts"),
      .restored_checkpoint = IntOf(answer, "restored-checkpoint"),
      .waits_for = TextOf(answer, "waits-for"),
      .rows_in = IntOf(answer, "rows-in"),
      .rows_out = IntOf(answer, "rows-out"),
      .first_failure = TextOf(answer, "first-failure"),
      .latest_failure = TextOf(answer, "latest-failure")};
  if (answer.contains("watermark")) {
    progress.watermark_ms = IntOf(answer, "watermark");
  }
  const auto lines = answer.find("finish-lines");
  if (lines != answer.end() && lines->is_array()) {
    for (const Json& line : *lines) {
      if (line.is_string()) {
        progress.finish_lines.push_back(line.get<std::string>());
      }
    }
  }
  return progress;
}

}  // namespace millrace
