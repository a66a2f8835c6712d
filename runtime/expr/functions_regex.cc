#include "runtime/expr/functions_regex.h"

#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterRegexFunctions(FunctionRegistry& registry) {
  RegisterRegexMatchFunctions(registry);
  RegisterRegexAllFunctions(registry);
}

}  // namespace millrace
