#pragma once

#include "runtime/expr/function_registry.h"

namespace millrace {

// "IN": a value and one or more list items, three-valued. Literals become a
// set once; other items are compared one by one.
void RegisterInList(FunctionRegistry& registry);

}  // namespace millrace
