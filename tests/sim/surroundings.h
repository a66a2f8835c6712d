#pragma once

#include <string>

#include "runtime/connector/connector_registry.h"
#include "runtime/expr/function_registry.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world.h"

namespace millrace::sim {

// Where files of a table go.
std::string OutputFolder(const std::string& table);

// What a table is declared with to be the scenario's sink.
std::string SinkOptions(Scenario::Sink sink, const std::string& table);

// What simulated processes can make; `world` outlives the registry.
void RegisterConnectors(ConnectorRegistry& registry, World* world);
const FunctionRegistry& SimFunctions();

}  // namespace millrace::sim
