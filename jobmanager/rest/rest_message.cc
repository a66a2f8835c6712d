#include "jobmanager/rest/rest_message.h"

#include "jobmanager/rest/json_writer.h"

namespace millrace {
namespace {

int HttpStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk: return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange: return 400;
    case absl::StatusCode::kNotFound: return 404;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition: return 409;
    case absl::StatusCode::kUnimplemented: return 501;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable: return 503;
    case absl::StatusCode::kDeadlineExceeded: return 504;
    default: return 500;
  }
}

}  // namespace

std::string RestRequest::Param(const std::string& name,
                               absl::string_view otherwise) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string(otherwise) : found->second;
}

RestResponse ErrorResponse(int http_status, absl::string_view message) {
  JsonWriter out;
  out.BeginObject().Key("errors").BeginArray().Value(message).EndArray();
  return {.status = http_status, .body = out.EndObject().Take()};
}

RestResponse ErrorResponse(const absl::Status& status) {
  return ErrorResponse(HttpStatus(status.code()), status.message());
}

}  // namespace millrace
