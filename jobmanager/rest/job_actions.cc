#include "jobmanager/rest/job_actions.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "jobmanager/rest/json_writer.h"
#include "jobmanager/rest/request_body.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

using Kind = AskedOperations::Kind;
using Then = JobGateway::SavepointRequest::Then;

// 202 {"request-id":...}, and `begin` where it is not under way already.
template <typename Begin>
void Trigger(const ActionContext& actions, AskedOperations::Key key,
             const Respond& respond, const Begin& begin) {
  if (key.trigger.empty()) key.trigger = NewTriggerId();
  const absl::StatusOr<bool> is_new = actions.operations->Begin(key);
  if (!is_new.ok()) return respond(ErrorResponse(is_new.status()));
  if (*is_new) begin(key);
  JsonWriter out;
  out.BeginObject().Field("request-id", key.trigger).EndObject();
  respond({.status = 202, .body = out.Take()});
}

void TriggerSavepoint(const ActionContext& actions, const PageContext& context,
                      const SavepointBody& body, Then then,
                      const Respond& respond) {
  const std::string& job_id = context.job->job_id;
  Trigger(actions, {Kind::kSavepoint, job_id, body.trigger}, respond,
          [&](const AskedOperations::Key& key) {
            actions.gateway->Savepoint(
                {.job_id = job_id, .target = body.target, .then = then},
                [key, operations = actions.operations](
                    absl::StatusOr<std::string> path) {
                  operations->End(key, std::move(path));
                });
          });
}

// {"status":{"id":...},"operation":...}; `write_value` writes an outcome's own
// fields, and the failure stands under `failure_field`.
template <typename WriteValue>
RestResponse OutcomeResponse(const AskedOperations::State& state,
                             absl::string_view failure_field,
                             const WriteValue& write_value) {
  const bool ended = state.progress == AskedOperations::Progress::kEnded;
  JsonWriter out;
  out.BeginObject()
      .Key("status")
      .BeginObject()
      .Field("id", ended ? "COMPLETED" : "IN_PROGRESS")
      .EndObject()
      .Key("operation");
  if (!ended) return {.body = out.Null().EndObject().Take()};
  out.BeginObject();
  if (state.outcome.ok()) {
    write_value(*state.outcome, out);
  } else {
    const absl::Status& status = state.outcome.status();
    out.Key(failure_field)
        .BeginObject()
        .Field("class", ErrorCode(status).value_or(
                            absl::StatusCodeToString(status.code())))
        .Field("stack-trace", status.message())
        .Field("serialized-throwable", "")
        .EndObject();
  }
  return {.body = out.EndObject().EndObject().Take()};
}

RestResponse UnknownTrigger(const PageContext& context) {
  return ErrorResponse(MakeError(
      absl::StatusCode::kNotFound,
      {.code = "JOB-0106",
       .what = absl::StrCat("nothing was asked for as '", context.ids[1], "'"),
       .where = absl::StrCat("job ", context.ids[0]),
       .why = "the trigger is another one, was answered long ago, or was given "
              "by a JobManager that has ended since",
       .fix = "Ask anew."}));
}

}  // namespace

void SubmitAction(const ActionContext& actions, const PageContext& context,
                  Respond respond) {
  auto submission = ReadSubmission(context.request.body);
  if (!submission.ok()) return respond(ErrorResponse(submission.status()));
  actions.gateway->Submit(
      *std::move(submission),
      [respond = std::move(respond)](absl::StatusOr<std::string> job_id) {
        if (!job_id.ok()) return respond(ErrorResponse(job_id.status()));
        JsonWriter out;
        out.BeginObject().Field("jobid", *job_id).EndObject();
        respond({.status = 202, .body = out.Take()});
      });
}

void JavaGraphAction(const ActionContext&, const PageContext&,
                     Respond respond) {
  respond(ErrorResponse(
      UserError({.code = "JOB-0111",
                 .what = "a job graph of Java cannot be run here",
                 .where = "POST /jobs",
                 .why = "Millrace runs SQL without Java",
                 .fix = "Submit the script with `millrace run FILE.sql "
                        "--target http://HOST:PORT`, or a plan that `millrace "
                        "compile` wrote with POST /millrace/v1/jobs "
                        "{\"plan\": ...}."})));
}

void CancelAction(const ActionContext& actions, const PageContext& context,
                  Respond respond) {
  const std::string mode = context.request.Param("mode", "cancel");
  if (mode != "cancel") {
    return respond(ErrorResponse(
        UserError({.code = "JOB-0112",
                   .what = absl::StrCat("there is no mode '", mode, "'"),
                   .where = absl::StrCat("PATCH ", context.request.path),
                   .why = {},
                   .fix = "Write ?mode=cancel; to stop with a savepoint, POST "
                          "/jobs/:jobid/stop."})));
  }
  actions.gateway->Cancel(
      context.job->job_id,
      [respond = std::move(respond)](absl::StatusOr<JobState> was) {
        if (!was.ok()) return respond(ErrorResponse(was.status()));
        respond({.status = 202});
      });
}

void SavepointAction(const ActionContext& actions, const PageContext& context,
                     Respond respond) {
  const auto body = ReadSavepointBody(context.request.body);
  if (!body.ok()) return respond(ErrorResponse(body.status()));
  TriggerSavepoint(actions, context, *body,
                   body->cancel ? Then::kCancel : Then::kGoOn, respond);
}

void StopAction(const ActionContext& actions, const PageContext& context,
                Respond respond) {
  const auto body = ReadStopBody(context.request.body);
  if (!body.ok()) return respond(ErrorResponse(body.status()));
  TriggerSavepoint(actions, context, *body,
                   body->drain ? Then::kDrain : Then::kStop, respond);
}

void CheckpointAction(const ActionContext& actions, const PageContext& context,
                      Respond respond) {
  const auto trigger = ReadCheckpointBody(context.request.body);
  if (!trigger.ok()) return respond(ErrorResponse(trigger.status()));
  const std::string& job_id = context.job->job_id;
  Trigger(actions, {Kind::kCheckpoint, job_id, *trigger}, respond,
          [&](const AskedOperations::Key& key) {
            actions.gateway->Checkpoint(
                job_id, [key, operations = actions.operations](
                            absl::StatusOr<int64_t> checkpoint) {
                  if (!checkpoint.ok()) {
                    return operations->End(key, checkpoint.status());
                  }
                  operations->End(key, absl::StrCat(*checkpoint));
                });
          });
}

void SavepointOutcomeAction(const ActionContext& actions,
                            const PageContext& context, Respond respond) {
  const AskedOperations::State state = actions.operations->Look(
      {Kind::kSavepoint, context.ids[0], context.ids[1]});
  if (state.progress == AskedOperations::Progress::kUnknown) {
    return respond(UnknownTrigger(context));
  }
  respond(OutcomeResponse(state, "failure-cause",
                          [](const std::string& path, JsonWriter& out) {
                            out.Field("location", path);
                          }));
}

void CheckpointOutcomeAction(const ActionContext& actions,
                             const PageContext& context, Respond respond) {
  const AskedOperations::State state = actions.operations->Look(
      {Kind::kCheckpoint, context.ids[0], context.ids[1]});
  if (state.progress == AskedOperations::Progress::kUnknown) {
    return respond(UnknownTrigger(context));
  }
  respond(OutcomeResponse(state, "failureCause",
                          [](const std::string& number, JsonWriter& out) {
                            int64_t id = 0;
                            if (absl::SimpleAtoi(number, &id)) {
                              out.Field("checkpointId", id);
                            }
                          }));
}

}  // namespace millrace
