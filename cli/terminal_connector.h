#pragma once

#include <functional>

#include "absl/strings/string_view.h"
#include "runtime/connector/connector_registry.h"

namespace millrace {

// Registers the sink 'terminal', where the rows of a bare SELECT go: one line
// a change, as Flink's client prints them in tableau mode. `print` gets whole
// lines, on the sink's worker.
void RegisterTerminal(ConnectorRegistry& registry,
                      std::function<void(absl::string_view)> print);

}  // namespace millrace
