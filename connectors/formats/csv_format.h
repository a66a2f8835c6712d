#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Adds the format "csv".
void RegisterCsvFormat(ConnectorRegistry& registry);

}  // namespace millrace
