#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterRegexFunctions(FunctionRegistry&) {}

}  // namespace millrace
