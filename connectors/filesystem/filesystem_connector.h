#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Adds the connector "filesystem". Tables find their formats in `registry`,
// which outlives the connector.
void RegisterFilesystemConnector(ConnectorRegistry& registry);

}  // namespace millrace
