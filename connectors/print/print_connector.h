#pragma once

#include <string>

#include "runtime/connector/connector_registry.h"

namespace millrace {

// Adds the connector "print".
void RegisterPrintConnector(ConnectorRegistry& registry);

// What stands before each line: "name:1> ", "name> ", "1> " or nothing, by
// whether there is a name and more than one subtask.
std::string PrintPrefix(absl::string_view identifier,
                        const ConnectorContext& context);

}  // namespace millrace
