#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterHashFunctions(FunctionRegistry&) {}

}  // namespace millrace
