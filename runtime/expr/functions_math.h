#pragma once

#include "runtime/expr/function_registry.h"

namespace millrace {

// The parts of the family of mathematical functions.

void RegisterMathRealFunctions(FunctionRegistry& registry);
void RegisterMathRoundFunctions(FunctionRegistry& registry);
void RegisterMathSignFunctions(FunctionRegistry& registry);
void RegisterMathRandomFunctions(FunctionRegistry& registry);
void RegisterMathHexFunctions(FunctionRegistry& registry);

}  // namespace millrace
