#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Registers the source 'nexmark'.
void RegisterNexmark(ConnectorRegistry& registry);

}  // namespace millrace
