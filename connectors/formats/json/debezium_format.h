#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Adds the format "debezium-json".
void RegisterDebeziumJsonFormat(ConnectorRegistry& registry);

}  // namespace millrace
