#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Registers the source and sink 'kafka'. Formats are looked up in `registry`,
// which must outlive every reader and writer.
void RegisterKafka(ConnectorRegistry& registry);

}  // namespace millrace
