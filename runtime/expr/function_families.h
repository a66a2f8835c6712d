#pragma once

#include "runtime/expr/function_registry.h"

namespace millrace {

// One entry for each family of the function library. Each family registers
// itself in the file of its name; RegisterBuiltinFunctions calls them all.

void RegisterComparisonFunctions(FunctionRegistry& registry);
void RegisterLogicFunctions(FunctionRegistry& registry);
void RegisterArithmeticFunctions(FunctionRegistry& registry);
void RegisterConditionalFunctions(FunctionRegistry& registry);
void RegisterNestedFunctions(FunctionRegistry& registry);
void RegisterCastFunctions(FunctionRegistry& registry);

void RegisterStringFunctions(FunctionRegistry& registry);
void RegisterRegexFunctions(FunctionRegistry& registry);
void RegisterMathFunctions(FunctionRegistry& registry);
void RegisterDatetimeFunctions(FunctionRegistry& registry);
void RegisterHashFunctions(FunctionRegistry& registry);
void RegisterUrlFunctions(FunctionRegistry& registry);
void RegisterCollectionFunctions(FunctionRegistry& registry);

}  // namespace millrace
