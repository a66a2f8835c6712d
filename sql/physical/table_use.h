#pragma once

#include "absl/status/statusor.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/connector/table.h"

namespace millrace::sql {

// What the table's connector says of it. Errors, without a place in the text:
// SQL-0200 no 'connector' option; the connector's own for its options.
absl::StatusOr<Connector::Capabilities> CapabilitiesOf(
    const TableDescriptor& table, const ConnectorRegistry& connectors);

// The same, and that it can be read, or written: SQL-0201 where it cannot,
// SQL-0203 for a metadata column that the connector does not have or has with
// another type.
absl::StatusOr<Connector::Capabilities> CapabilitiesOfSource(
    const TableDescriptor& table, const ConnectorRegistry& connectors);
absl::StatusOr<Connector::Capabilities> CapabilitiesOfSink(
    const TableDescriptor& table, const ConnectorRegistry& connectors);

}  // namespace millrace::sql
