#include "cli/metrics_endpoint.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/port_range.h"
#include "httplib.h"
#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/waker.h"

namespace millrace {
namespace {

// A scrape and a probe at a time.
constexpr int kThreads = 2;

// Samples as the library's families, one a name.
std::vector<prometheus::MetricFamily> FamiliesOf(
    const MetricRegistry& registry) {
  std::map<std::string, prometheus::MetricFamily> families;
  for (const MetricGroup::Sample& sample : registry.Read()) {
    prometheus::MetricFamily& family = families[sample.name];
    family.name = sample.name;
    family.help = sample.help;
    family.type = prometheus::MetricType::Gauge;
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) {
      metric.label.push_back({name, value});
    }
    metric.gauge.value = sample.value;
    family.metric.push_back(std::move(metric));
  }
  std::vector<prometheus::MetricFamily> result;
  for (auto& [name, family] : families) result.push_back(std::move(family));
  return result;
}

// Without the library's SO_REUSEPORT, by which two processes would share one.
void SetSocketOptions(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

// The port, or 0: none is free.
int Bind(httplib::Server& server, const std::string& host, PortRange range) {
  if (range.last == 0) return std::max(0, server.bind_to_any_port(host.c_str()));
  for (int port = range.first; port <= range.last; ++port) {
    if (server.bind_to_port(host.c_str(), port)) return port;
  }
  return 0;
}

}  // namespace

struct MetricsEndpoint::Server {
  ~Server() { http.stop(); }

  httplib::Server http;
  int port = 0;
  Waker listening;  // Only then it can be stopped.
  BackgroundPool thread{1};
};

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Server> server)
    : server_(std::move(server)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Open(
    absl::string_view ports, const MetricRegistry& registry, Options options) {
  ASSIGN_OR_RETURN(const PortRange range,
                   ParsePortRange("metrics.reporter.prom.port", ports));
  auto server = std::make_unique<Server>();
  httplib::Server& http = server->http;
  // The queue is made when the server has begun to listen.
  http.new_task_queue = [&listening = server->listening] {
    listening.Wake();
    return new httplib::ThreadPool(kThreads);
  };
  http.set_socket_options(SetSocketOptions);
  http.Get("/metrics", [&registry](const httplib::Request&,
                                   httplib::Response& response) {
    response.set_content(
        prometheus::TextSerializer().Serialize(FamiliesOf(registry)),
        "text/plain; version=0.0.4; charset=utf-8");
  });
  http.Get("/healthz", [](const httplib::Request&,
                          httplib::Response& response) {
    response.set_content("ok\n", "text/plain");
  });
  http.Get("/readyz", [is_ready = options.is_ready](
                          const httplib::Request&,
                          httplib::Response& response) {
    const bool ready = !is_ready || is_ready();
    response.status = ready ? 200 : 503;
    response.set_content(ready ? "ready\n" : "not ready\n", "text/plain");
  });
  server->port = Bind(http, options.host, range);
  if (server->port == 0) {
    return UserError({.code = "CFG-0016",
                      .what = "no port is free for metrics",
                      .where = absl::StrCat(options.host, ":", ports),
                      .why = "another process listens there",
                      .fix = "Set metrics.reporter.prom.port to a free port, "
                             "or to a range such as 9249-9279."});
  }
  server->listening.BeginTurn();
  server->thread.Post([&http] { http.listen_after_bind(); });
  server->listening.Wait(INT64_MAX);
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::move(server)));
}

int MetricsEndpoint::port() const { return server_->port; }

}  // namespace millrace
