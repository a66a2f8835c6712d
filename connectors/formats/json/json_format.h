#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Adds the format "json".
void RegisterJsonFormat(ConnectorRegistry& registry);

}  // namespace millrace
