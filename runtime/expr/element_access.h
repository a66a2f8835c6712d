#pragma once

#include "runtime/expr/function_registry.h"

namespace millrace {

// "ITEM": array[index] (from 1), map[key], row['field']; NULL where there is
// none. "ELEMENT": the only element of an array.
void RegisterElementAccess(FunctionRegistry& registry);

}  // namespace millrace
