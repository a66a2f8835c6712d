#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterDatetimeFunctions(FunctionRegistry&) {}

}  // namespace millrace
