#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Adds the format "raw": a record is the bytes of one column, text in
// 'raw.charset', numbers in 'raw.endianness'.
void RegisterRawFormat(ConnectorRegistry& registry);

}  // namespace millrace
