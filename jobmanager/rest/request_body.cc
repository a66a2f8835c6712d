#include "jobmanager/rest/request_body.h"

#include <algorithm>
#include <span>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/plan_codec.h"

namespace millrace {
namespace {

using Json = nlohmann::json;
using Keys = std::vector<std::string>;

absl::Status Bad(std::string what, std::string fix) {
  return UserError({.code = "JOB-0110",
                    .what = std::move(what),
                    .where = "the request's body",
                    .why = {},
                    .fix = std::move(fix)});
}

// A plan is some ten levels deep; what is read here is walked by recursion.
constexpr int kMostLevels = 500;

bool IsTooDeep(absl::string_view body) {
  int level = 0;
  bool in_text = false;
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++level > kMostLevels) return true;
    } else if (c == ']' || c == '}') {
      --level;
    }
  }
  return false;
}

// The object, which has no fields but `known`.
absl::StatusOr<Json> ReadObject(absl::string_view body, const Keys& known) {
  if (absl::StripAsciiWhitespace(body).empty()) return Json::object();
  if (IsTooDeep(body)) {
    return Bad(absl::StrCat("it is nested more than ", kMostLevels,
                            " levels deep"),
               "Send what `millrace compile` writes.");
  }
  Json json = Json::parse(body.begin(), body.end(), /*cb=*/nullptr,
                          /*allow_exceptions=*/false);
  const std::string fields = absl::StrJoin(known, ", ");
  if (json.is_discarded() || !json.is_object()) {
    return Bad("the body is no JSON object",
               absl::StrCat("Its fields are: ", fields, "."));
  }
  for (const auto& [name, value] : json.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string nearest = NearestName(name, known);
    return Bad(absl::StrCat("there is no field '", name, "'"),
               nearest.empty() ? absl::StrCat("There are: ", fields, ".")
                               : absl::StrCat("Did you mean '", nearest,
                                              "'?"));
  }
  return json;
}

// Empty where the field is missing or null.
absl::StatusOr<std::string> Text(const Json& json, const std::string& name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return std::string();
  if (found->is_string()) return found->get<std::string>();
  return Bad(absl::StrCat("'", name, "' is no text"), "Write it in quotes.");
}

absl::StatusOr<bool> Truth(const Json& json, const std::string& name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return false;
  if (found->is_boolean()) return found->get<bool>();
  if (found->is_string()) {
    const std::string text =
        absl::AsciiStrToLower(found->get<std::string>());
    if (text == "true" || text == "false") return text == "true";
  }
  return Bad(absl::StrCat("'", name, "' is neither true nor false"),
             "Write true or false.");
}

// Empty, or one of `choices`.
absl::Status CheckChoice(const Json& json, const std::string& name,
                         const Keys& choices) {
  ASSIGN_OR_RETURN(const std::string text, Text(json, name));
  if (text.empty() ||
      std::find(choices.begin(), choices.end(), text) != choices.end()) {
    return absl::OkStatus();
  }
  return Bad(absl::StrCat("'", name, "' is '", text, "'"),
             absl::StrCat("There are: ", absl::StrJoin(choices, ", "), "."));
}

// 32 hex digits, or nothing.
absl::Status CheckId(const std::string& name, const std::string& id) {
  const bool is_hex =
      id.size() == 32 && std::all_of(id.begin(), id.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
               (c >= 'a' && c <= 'f');
      });
  if (id.empty() || is_hex) return absl::OkStatus();
  return Bad(absl::StrCat("'", name, "' is no id: '", id, "'"),
             "Ids are 32 hex digits in lower case; leave it out for a new "
             "one.");
}

struct SavepointFields {
  std::string target;
  std::string flag;
};

// `flag` is read into both, and only one is meant.
absl::StatusOr<SavepointBody> Read(absl::string_view body,
                                   const SavepointFields& fields) {
  ASSIGN_OR_RETURN(const Json json,
                   ReadObject(body, {fields.target, fields.flag, "formatType",
                                     "triggerId"}));
  RETURN_IF_ERROR(CheckChoice(json, "formatType", {"CANONICAL", "NATIVE"}));
  SavepointBody read;
  ASSIGN_OR_RETURN(read.target, Text(json, fields.target));
  ASSIGN_OR_RETURN(read.trigger, Text(json, "triggerId"));
  RETURN_IF_ERROR(CheckId("triggerId", read.trigger));
  ASSIGN_OR_RETURN(read.cancel, Truth(json, fields.flag));
  return read;
}

}  // namespace

absl::StatusOr<SavepointBody> ReadSavepointBody(absl::string_view body) {
  return Read(body, {.target = "target-directory", .flag = "cancel-job"});
}

absl::StatusOr<SavepointBody> ReadStopBody(absl::string_view body) {
  ASSIGN_OR_RETURN(SavepointBody read,
                   Read(body, {.target = "targetDirectory", .flag = "drain"}));
  read.drain = read.cancel;
  read.cancel = false;
  return read;
}

absl::StatusOr<std::string> ReadCheckpointBody(absl::string_view body) {
  ASSIGN_OR_RETURN(const Json json,
                   ReadObject(body, {"checkpointType", "triggerId"}));
  RETURN_IF_ERROR(CheckChoice(json, "checkpointType",
                              {"CONFIGURED", "FULL", "INCREMENTAL"}));
  ASSIGN_OR_RETURN(std::string trigger, Text(json, "triggerId"));
  RETURN_IF_ERROR(CheckId("triggerId", trigger));
  return trigger;
}

absl::StatusOr<JobGateway::Submission> ReadSubmission(absl::string_view body) {
  ASSIGN_OR_RETURN(const Json json,
                   ReadObject(body, {"plan", "jobId", "savepoint",
                                     "claimSavepoint",
                                     "allowNonRestoredState"}));
  const auto plan = json.find("plan");
  if (plan == json.end() || !plan->is_object()) {
    return Bad("there is no 'plan', or it is no object",
               "Put there what `millrace compile` writes.");
  }
  JobGateway::Submission submission;
  ASSIGN_OR_RETURN(
      submission.plan,
      JobPlanFromJson(plan->dump(-1, ' ', /*ensure_ascii=*/false,
                                 Json::error_handler_t::replace)));
  ASSIGN_OR_RETURN(submission.job_id, Text(json, "jobId"));
  RETURN_IF_ERROR(CheckId("jobId", submission.job_id));
  ASSIGN_OR_RETURN(submission.savepoint, Text(json, "savepoint"));
  ASSIGN_OR_RETURN(submission.claim_savepoint, Truth(json, "claimSavepoint"));
  ASSIGN_OR_RETURN(submission.allow_non_restored_state,
                   Truth(json, "allowNonRestoredState"));
  return submission;
}

}  // namespace millrace
