#include "runtime/expr/functions_string.h"

#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterStringFunctions(FunctionRegistry& registry) {
  RegisterStringCaseFunctions(registry);
  RegisterStringCutFunctions(registry);
  RegisterStringTrimFunctions(registry);
  RegisterStringFindFunctions(registry);
  RegisterStringBuildFunctions(registry);
  RegisterStringTranslateFunctions(registry);
  RegisterStringPadFunctions(registry);
  RegisterStringSplitFunctions(registry);
  RegisterStringLikeFunctions(registry);
  RegisterStringEncodingFunctions(registry);
  RegisterStringCheckFunctions(registry);
  RegisterStringJsonFunctions(registry);
  RegisterStringPrintfFunctions(registry);
}

}  // namespace millrace
