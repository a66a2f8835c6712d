#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterMathFunctions(FunctionRegistry&) {}

}  // namespace millrace
