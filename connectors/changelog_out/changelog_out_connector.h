#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Adds the connector "changelog-out".
void RegisterChangelogOutConnector(ConnectorRegistry& registry);

}  // namespace millrace
