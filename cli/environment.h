#pragma once

#include <memory>

#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"
#include "runtime/base/posix_disk.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/expr/function_registry.h"

namespace millrace {

// What every verb needs, made once: all functions, connectors and formats, the
// machine's clock, the process's metrics. Read-only after it is made, but for
// the metrics, which are thread-safe.
struct Environment {
  FunctionRegistry functions;
  ConnectorRegistry connectors;
  SystemClock clock;
  PosixDisk disk;
  MetricRegistry metrics;
};

std::unique_ptr<Environment> MakeEnvironment();

}  // namespace millrace
