#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/metrics.h"

namespace millrace {

// What is asked of a process over HTTP while it runs: GET /metrics serves a
// MetricRegistry to Prometheus: every number a gauge, as Flink's reporter
// prints them, histograms in the form that they have; GET /healthz answers 200
// while the process can answer, GET /readyz 200 or 503. Threads of the HTTP
// library read the registry and call `is_ready`.
class MetricsEndpoint {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    // Thread-safe, and outlives the endpoint; empty: always.
    std::function<bool()> is_ready;
  };

  // Listens on the first free port of `ports` ("9249" or "9249-9279"; "0" =
  // any). CFG-0015 when the text is no port, CFG-0016 when none is free.
  // `registry` must outlive the endpoint.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Open(
      absl::string_view ports, const MetricRegistry& registry,
      Options options);
  // With the options' defaults.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Open(
      absl::string_view ports, const MetricRegistry& registry) {
    return Open(ports, registry, Options());
  }

  ~MetricsEndpoint();

  int port() const;

 private:
  struct Server;
  explicit MetricsEndpoint(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace millrace
