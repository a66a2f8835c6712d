#pragma once

#include "runtime/connector/connector_registry.h"
#include "runtime/expr/function_registry.h"
#include "sql/catalog/catalog.h"
#include "sql/catalog/session_config.h"

namespace millrace::sql {

// What binding a statement may look at. All borrowed from the session, which
// outlives every bind.
struct BindContext {
  const Catalog* catalog = nullptr;
  const SessionConfig* config = nullptr;
  const FunctionRegistry* functions = nullptr;
  const ConnectorRegistry* connectors = nullptr;
};

}  // namespace millrace::sql
