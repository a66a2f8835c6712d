#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Adds the connector "blackhole".
void RegisterBlackholeConnector(ConnectorRegistry& registry);

}  // namespace millrace
