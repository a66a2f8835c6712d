#pragma once

#include "runtime/connector/connector_registry.h"
#include "runtime/connector/options.h"
#include "runtime/expr/function_registry.h"
#include "tests/sim/machine.h"
#include "tests/sim/nodes/wire.h"
#include "tests/sim/scenario.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

class Scene;

// What every process of a simulated cluster finds there; outlives them all.
struct Site {
  Scene* scene = nullptr;
  const Scenario* scenario = nullptr;
  FaultBook* faults = nullptr;
  Scheduler* scheduler = nullptr;
  Machine* machine = nullptr;
  Wire* wire = nullptr;
  const ConnectorRegistry* connectors = nullptr;
  const FunctionRegistry* functions = nullptr;
  TableOptions config;  // Of the cluster.
};

inline constexpr char kClusterId[] = "simulated";
inline constexpr char kVersion[] = "0";

}  // namespace millrace::sim
