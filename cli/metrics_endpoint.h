#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/metrics.h"

namespace millrace {

// Serves a MetricRegistry to Prometheus at /metrics: every number a gauge, as
// Flink's reporter prints them. Threads of the HTTP library read the registry.
class MetricsEndpoint {
 public:
  // Listens on the first free port of `ports` ("9249" or "9249-9279"; "0" =
  // any) of the loopback address. CFG-0015 when none is free or the text is
  // no port. `registry` must outlive the endpoint.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Open(
      absl::string_view ports, const MetricRegistry& registry);

  ~MetricsEndpoint();

  int port() const;

 private:
  struct Server;
  explicit MetricsEndpoint(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace millrace
