#include "cli/metrics_endpoint.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
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

using Sample = MetricGroup::Sample;

// A scrape and a probe at a time.
constexpr int kThreads = 2;

// The registry's numbers as the library's families, in the order of their
// names. Numbers with the label "le" or "quantile" are parts of one histogram
// or summary, and so are the sum and the count beside them; in a registry all
// numbers of one follow one another.
class Families {
 public:
  explicit Families(const MetricRegistry& registry) {
    for (const Sample& sample : registry.Read()) Add(sample);
  }

  std::vector<prometheus::MetricFamily> Take() {
    std::vector<prometheus::MetricFamily> result;
    for (auto& [name, family] : families_) result.push_back(std::move(family));
    return result;
  }

 private:
  using Type = prometheus::MetricType;

  void Add(const Sample& sample);
  // The metric of the family that has the sample's labels, but for `without`.
  prometheus::ClientMetric& Find(const std::string& name, Type type,
                                 const Sample& sample,
                                 absl::string_view without);
  // A sum or a count of the histogram or summary before it.
  bool AddTotal(const Sample& sample);

  std::map<std::string, prometheus::MetricFamily> families_;
};

double EndOf(const std::string& text) {
  double end = 0;
  return absl::SimpleAtod(text, &end) ? end : 0;
}

void Families::Add(const Sample& sample) {
  const std::string kind =
      sample.labels.empty() ? "" : sample.labels.back().first;
  if (kind == "le") {
    const absl::string_view name = absl::StripSuffix(sample.name, "_bucket");
    auto& histogram =
        Find(std::string(name), Type::Histogram, sample, kind).histogram;
    const auto count = static_cast<uint64_t>(sample.value);
    histogram.bucket.push_back(
        {.cumulative_count = count,
         .upper_bound = EndOf(sample.labels.back().second)});
    histogram.sample_count = count;  // That of the last bucket, and no other.
  } else if (kind == "quantile") {
    Find(sample.name, Type::Summary, sample, kind)
        .summary.quantile.push_back(
            {.quantile = EndOf(sample.labels.back().second),
             .value = sample.value});
  } else if (!AddTotal(sample)) {
    Find(sample.name, Type::Gauge, sample, "").gauge.value = sample.value;
  }
}

bool Families::AddTotal(const Sample& sample) {
  absl::string_view name = sample.name;
  const bool is_sum = absl::ConsumeSuffix(&name, "_sum");
  if (!is_sum && !absl::ConsumeSuffix(&name, "_count")) return false;
  const auto found = families_.find(std::string(name));
  if (found == families_.end() || found->second.type == Type::Gauge) {
    return false;
  }
  prometheus::ClientMetric& metric =
      Find(found->first, found->second.type, sample, "");
  if (is_sum) {
    metric.histogram.sample_sum = sample.value;
  } else {
    metric.summary.sample_count = static_cast<uint64_t>(sample.value);
  }
  return true;
}

prometheus::ClientMetric& Families::Find(const std::string& name, Type type,
                                         const Sample& sample,
                                         absl::string_view without) {
  prometheus::MetricFamily& family = families_[name];
  family.name = name;
  family.help = sample.help;
  family.type = type;
  std::vector<prometheus::ClientMetric::Label> labels;
  for (const auto& [label, value] : sample.labels) {
    if (label != without) labels.push_back({label, value});
  }
  if (type == Type::Gauge || family.metric.empty() ||
      family.metric.back().label != labels) {
    family.metric.emplace_back().label = std::move(labels);
  }
  return family.metric.back();
}

// Without the library's SO_REUSEPORT, by which two processes would share one.
void SetSocketOptions(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

// The port, or 0: none is free.
int Bind(httplib::Server& server, const std::string& host, PortRange range) {
  if (range.last == 0) {
    return std::max(0, server.bind_to_any_port(host.c_str()));
  }
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
        prometheus::TextSerializer().Serialize(Families(registry).Take()),
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
