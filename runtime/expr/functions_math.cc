#include "runtime/expr/functions_math.h"

#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterMathFunctions(FunctionRegistry& registry) {
  RegisterMathRealFunctions(registry);
  RegisterMathRoundFunctions(registry);
  RegisterMathSignFunctions(registry);
  RegisterMathRandomFunctions(registry);
  RegisterMathHexFunctions(registry);
}

}  // namespace millrace
