#include "jobmanager/rest/rest_server.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "httplib.h"
#include "jobmanager/rest/rest_api.h"
#include "jobmanager/rest/waiting_room.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/bind_host.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

using HandlerResponse = httplib::Server::HandlerResponse;

constexpr size_t kMostRequestsOfAConnection = 1000;
constexpr int kIdleSeconds = 2;
// The library matches paths by a regular expression that recurses on each
// character.
constexpr size_t kLongestPath = 2048;

absl::Status CannotListen(const RestServer::Options& options, int error) {
  const std::string where = HostWithPort(options.host, options.port);
  if (error == EADDRINUSE) {
    return UserError({.code = "CFG-0050",
                      .what = absl::StrCat("port ", options.port,
                                           " of REST is taken"),
                      .where = where,
                      .why = "another process listens there",
                      .fix = "Set rest.port to a free one, or end that "
                             "process."});
  }
  return UserError(
      {.code = "CFG-0052",
       .what = "REST cannot listen",
       .where = where,
       .why = error == 0 ? "there is no such address here"
                         : std::string(std::strerror(error)),
       .fix = "Set rest.bind-address to an address of this machine and "
              "rest.port to a port that you may use."});
}

// The library lets five connections wait to be accepted; the sixth tries again
// after a second.
constexpr int kBacklog = 128;
class Server final : public httplib::Server {
 public:
  void WidenBacklog() { ::listen(svr_sock_, kBacklog); }
};

// Only what a restarted process needs: the library's own choice lets two
// processes share a port.
void SetSocketOptions(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

bool HasBody(const httplib::Request& request) {
  return request.has_header("Transfer-Encoding") ||
         (request.has_header("Content-Length") &&
          request.get_header_value("Content-Length") != "0");
}

RestRequest Translate(const httplib::Request& request) {
  RestRequest translated = {
      .method = request.method,
      .path = request.path,
      .content_type = request.get_header_value("Content-Type")};
  for (const auto& [name, value] : request.params) {
    translated.query.emplace(name, value);
  }
  return translated;
}

void Translate(RestResponse response, httplib::Response& http) {
  http.status = response.status;
  http.set_header("Access-Control-Allow-Origin", "*");
  if (!response.allow.empty()) http.set_header("Allow", response.allow);
  http.set_content(response.body, response.content_type);
}

// What is read of a body; nullopt: it is longer than the limit, or was cut
// off, and the response says so.
std::optional<std::string> ReadBody(const httplib::Request& request,
                                    const httplib::ContentReader& reader,
                                    size_t limit, httplib::Response& http) {
  std::string body;
  bool fits = true;
  const auto take = [&](const char* data, size_t size) {
    fits = body.size() + size <= limit;
    if (fits) body.append(data, size);
    return fits;
  };
  // Nothing here takes a form, so its parts are only got out of the way.
  const bool read =
      request.is_multipart_form_data()
          ? reader([](const httplib::MultipartFormData&) { return true; },
                   [](const char*, size_t) { return true; })
          : reader(take);
  if (read) return body;
  const bool too_long = !fits || http.status == 413;
  Translate(too_long
                ? ErrorResponse(413, absl::StrCat("JOB-0115: the body is "
                                                  "longer than ",
                                                  limit, " bytes."))
                : ErrorResponse(400, "JOB-0116: the body was cut off."),
            http);
  return std::nullopt;
}

}  // namespace

struct RestServer::Http {
  Http(JobGateway* gateway, const Clock* clock, Options given)
      : options(std::move(given)),
        api(gateway, clock, options.settings) {}

  absl::Status Listen();
  void SetRoutes();
  void Serve(RestRequest request, httplib::Response& http);

  const Options options;
  const RestApi api;
  WaitingRoom waiting_room;
  Server server;
  int port = 0;
  absl::Notification is_listening;
  // Waits for connections; joined before what it uses goes.
  BackgroundPool listener{1};
};

absl::Status RestServer::Http::Listen() {
  server.set_socket_options(SetSocketOptions);
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(kMostRequestsOfAConnection);
  server.set_keep_alive_timeout(kIdleSeconds);
  server.set_payload_max_length(options.body_limit_bytes);
  // The queue is made when the server has begun to listen.
  server.new_task_queue = [this] {
    is_listening.Notify();
    return new httplib::ThreadPool(options.threads);
  };
  SetRoutes();
  const std::string host =
      options.host == "localhost" ? "127.0.0.1" : options.host;
  errno = 0;
  port = options.port == 0 ? server.bind_to_any_port(host) : options.port;
  const bool bound =
      options.port == 0 ? port > 0 : server.bind_to_port(host, port);
  if (!bound) return CannotListen(options, errno);
  server.WidenBacklog();
  listener.Post([this] { server.listen_after_bind(); });
  is_listening.WaitForNotification();
  return absl::OkStatus();
}

void RestServer::Http::SetRoutes() {
  // The library would wait for a body where a POST or PATCH has none and does
  // not say so, as curl's: what has no body is served before it looks.
  server.set_pre_routing_handler([this](const httplib::Request& request,
                                        httplib::Response& http) {
    if (request.path.size() > kLongestPath) {
      Translate(ErrorResponse(414, "JOB-0117: the path is too long."), http);
      return HandlerResponse::Handled;
    }
    if (HasBody(request)) return HandlerResponse::Unhandled;
    Serve(Translate(request), http);
    return HandlerResponse::Handled;
  });
  const auto with_body = [this](const httplib::Request& request,
                                httplib::Response& http,
                                const httplib::ContentReader& reader) {
    auto body = ReadBody(request, reader,
                         static_cast<size_t>(options.body_limit_bytes), http);
    if (!body.has_value()) return;
    RestRequest translated = Translate(request);
    translated.body = *std::move(body);
    Serve(std::move(translated), http);
  };
  server.Post(".*", with_body);
  server.Patch(".*", with_body);
  server.Put(".*", with_body);
  server.Delete(".*", with_body);
  // With a body that nobody reads.
  const auto without_body = [this](const httplib::Request& request,
                                   httplib::Response& http) {
    Serve(Translate(request), http);
  };
  server.Get(".*", without_body);
  server.Options(".*", without_body);
  // What the library refuses by itself.
  server.set_error_handler(httplib::Server::Handler(
      [](const httplib::Request&, httplib::Response& http) {
        if (!http.body.empty()) return;
        Translate(ErrorResponse(http.status, "JOB-0118: this is no request of "
                                             "HTTP that can be served."),
                  http);
      }));
}

void RestServer::Http::Serve(RestRequest request, httplib::Response& http) {
  Translate(waiting_room.Await(
                [&](Respond respond) {
                  api.Handle(std::move(request), std::move(respond));
                },
                options.answer_timeout),
            http);
}

RestServer::RestServer(std::unique_ptr<Http> http) : http_(std::move(http)) {}

RestServer::~RestServer() {
  http_->waiting_room.Close();
  http_->server.stop();
}

absl::StatusOr<std::unique_ptr<RestServer>> RestServer::Open(
    JobGateway* gateway, const Clock* clock, Options options) {
  RETURN_IF_ERROR(
      CheckBindHost("rest.bind-address", options.host, options.insecure));
  auto http = std::make_unique<Http>(gateway, clock, std::move(options));
  RETURN_IF_ERROR(http->Listen());
  return std::unique_ptr<RestServer>(new RestServer(std::move(http)));
}

int RestServer::port() const { return http_->port; }

}  // namespace millrace
