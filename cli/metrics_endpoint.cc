#include "cli/metrics_endpoint.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"
#include "prometheus/metric_family.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Translates samples into the library's families, one a name.
class RegistryCollectable final : public prometheus::Collectable {
 public:
  explicit RegistryCollectable(const MetricRegistry& registry)
      : registry_(registry) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::map<std::string, prometheus::MetricFamily> families;
    for (const MetricGroup::Sample& sample : registry_.Read()) {
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

 private:
  const MetricRegistry& registry_;
};

absl::StatusOr<std::pair<int, int>> ParsePorts(absl::string_view ports) {
  const std::vector<std::string> ends = absl::StrSplit(ports, '-');
  int first = 0;
  int last = 0;
  if (ends.empty() || ends.size() > 2 || !absl::SimpleAtoi(ends[0], &first) ||
      !absl::SimpleAtoi(ends.back(), &last) || first < 0 || last > 65535 ||
      first > last) {
    return UserError({.code = "CFG-0015",
                      .what = absl::StrCat("'", ports, "' is no port"),
                      .where = "metrics.reporter.prom.port",
                      .why = "",
                      .fix = "Write a port or a range: 9249 or 9249-9279."});
  }
  return std::pair(first, last);
}

}  // namespace

struct MetricsEndpoint::Server {
  std::shared_ptr<RegistryCollectable> collectable;
  std::unique_ptr<prometheus::Exposer> exposer;
};

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Server> server)
    : server_(std::move(server)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Open(
    absl::string_view ports, const MetricRegistry& registry) {
  ASSIGN_OR_RETURN(const auto range, ParsePorts(ports));
  auto server = std::make_unique<Server>();
  server->collectable = std::make_shared<RegistryCollectable>(registry);
  for (int port = range.first; port <= range.second; ++port) {
    // A port in use is reported by an exception of the library.
    try {
      server->exposer = std::make_unique<prometheus::Exposer>(
          absl::StrCat("127.0.0.1:", port), /*num_threads=*/1);
    } catch (const std::exception&) {
      continue;
    }
    server->exposer->RegisterCollectable(server->collectable);
    return std::unique_ptr<MetricsEndpoint>(
        new MetricsEndpoint(std::move(server)));
  }
  return UserError({.code = "CFG-0016",
                    .what = "no port is free for metrics",
                    .where = absl::StrCat("127.0.0.1:", ports),
                    .why = "another process listens there",
                    .fix = "Set metrics.reporter.prom.port to a free port, or "
                           "to a range such as 9249-9279."});
}

int MetricsEndpoint::port() const {
  return server_->exposer->GetListeningPorts().front();
}

}  // namespace millrace
