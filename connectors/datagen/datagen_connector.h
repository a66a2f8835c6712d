#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Registers the source 'datagen'.
void RegisterDatagen(ConnectorRegistry& registry);

}  // namespace millrace
