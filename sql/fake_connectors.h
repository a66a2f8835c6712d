#pragma once

#include "runtime/connector/connector_registry.h"

namespace millrace::sql {

// Connectors for tests of the front end: they say what they can do and do
// nothing. "filesystem" and "kafka" append, "print", "terminal" and
// "changelog-out" take every change ("changelog-out" with 'mode' = 'upsert':
// without the old rows), "blackhole" and "upsert-kafka" updates by key,
// "cdc" gives every change; "nexmark" only reads.
void RegisterFakeConnectors(ConnectorRegistry& registry);

}  // namespace millrace::sql
