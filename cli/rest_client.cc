#include "cli/rest_client.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "httplib.h"
#include "runtime/base/bind_host.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

constexpr int kDefaultPort = 8081;
constexpr int kConnectSeconds = 5;
// Longer than the JobManager takes for any answer.
constexpr int kReadSeconds = 40;

absl::Status BadTarget(absl::string_view target, std::string why) {
  return UserError({.code = "CLI-0020",
                    .what = absl::StrCat("'", target, "' is no JobManager's "
                                         "address"),
                    .where = "--target",
                    .why = std::move(why),
                    .fix = "Write http://HOST:PORT, as in "
                           "http://localhost:8081."});
}

// Why nothing came, and what to try.
struct Silence {
  std::string why;
  std::string fix;
};
Silence SilenceOf(httplib::Error error) {
  using Error = httplib::Error;
  switch (error) {
    case Error::Connection:
      return {"nobody listens there, or the host is not known",
              "Start it with `millrace jobmanager`, or check the host and "
              "rest.port."};
    case Error::ConnectionTimeout:
      return {absl::StrCat("the host did not answer within ", kConnectSeconds,
                           " seconds"),
              "Check the host, and what stands between."};
    case Error::Read:
      return {"the connection was closed, or nothing came, before the answer",
              "Something else may listen there, such as a server of HTTPS; "
              "else look at the JobManager's log."};
    default:
      return {httplib::to_string(error),
              "Check the address, and the JobManager's log."};
  }
}

}  // namespace

RestClient::RestClient(std::string host, int port)
    : host_(std::move(host)),
      port_(port),
      url_(absl::StrCat("http://", HostWithPort(host_, port_))) {}

absl::StatusOr<RestClient> RestClient::Make(absl::string_view target) {
  absl::string_view rest = target;
  if (absl::StartsWith(rest, "https://")) {
    return BadTarget(target, "HTTPS is not spoken yet");
  }
  if (!absl::ConsumePrefix(&rest, "http://") && absl::StrContains(rest, "//")) {
    return BadTarget(target, "only http:// is spoken");
  }
  absl::ConsumeSuffix(&rest, "/");
  if (absl::StrContains(rest, '/')) {
    return BadTarget(target, "it has a path");
  }
  int port = kDefaultPort;
  const size_t colon = rest.rfind(':');
  const size_t bracket = rest.rfind(']');
  const bool has_port =
      colon != absl::string_view::npos &&
      (bracket == absl::string_view::npos || colon > bracket);
  if (has_port) {
    if (!absl::SimpleAtoi(rest.substr(colon + 1), &port) || port < 1 ||
        port > 65535) {
      return BadTarget(target, absl::StrCat("'", rest.substr(colon + 1),
                                            "' is no port"));
    }
    rest = rest.substr(0, colon);
  }
  if (absl::ConsumePrefix(&rest, "[")) absl::ConsumeSuffix(&rest, "]");
  if (rest.empty()) return BadTarget(target, "it has no host");
  return RestClient(std::string(rest), port);
}

absl::StatusOr<RestClient::Reply> RestClient::Call(
    const std::string& method, const std::string& path,
    const std::string& body) const {
  httplib::Client client(host_, port_);
  client.set_connection_timeout(kConnectSeconds);
  client.set_read_timeout(kReadSeconds);
  client.set_write_timeout(kReadSeconds);
  client.set_tcp_nodelay(true);
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  if (!body.empty()) {
    request.headers.emplace("Content-Type", "application/json");
  }
  const httplib::Result result = client.send(request);
  if (result) return Reply{.status = result->status, .body = result->body};
  const Silence silence = SilenceOf(result.error());
  return MakeError(absl::StatusCode::kUnavailable,
                   {.code = "CLI-0021",
                    .what = "the JobManager does not answer",
                    .where = absl::StrCat(url_, path),
                    .why = silence.why,
                    .fix = silence.fix});
}

}  // namespace millrace
