#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterStringFunctions(FunctionRegistry&) {}

}  // namespace millrace
