#pragma once

#include "runtime/expr/function_registry.h"

namespace millrace {

// The parts of the family of string functions, one file each.

void RegisterStringCaseFunctions(FunctionRegistry& registry);
void RegisterStringCutFunctions(FunctionRegistry& registry);
void RegisterStringTrimFunctions(FunctionRegistry& registry);
void RegisterStringFindFunctions(FunctionRegistry& registry);
void RegisterStringBuildFunctions(FunctionRegistry& registry);
void RegisterStringTranslateFunctions(FunctionRegistry& registry);
void RegisterStringPadFunctions(FunctionRegistry& registry);
void RegisterStringSplitFunctions(FunctionRegistry& registry);
void RegisterStringLikeFunctions(FunctionRegistry& registry);
void RegisterStringEncodingFunctions(FunctionRegistry& registry);
void RegisterStringCheckFunctions(FunctionRegistry& registry);
void RegisterStringJsonFunctions(FunctionRegistry& registry);
void RegisterStringPrintfFunctions(FunctionRegistry& registry);

}  // namespace millrace
