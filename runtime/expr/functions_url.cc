#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterUrlFunctions(FunctionRegistry&) {}

}  // namespace millrace
