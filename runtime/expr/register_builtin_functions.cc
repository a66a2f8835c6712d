#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterBuiltinFunctions(FunctionRegistry& registry) {
  RegisterComparisonFunctions(registry);
  RegisterLogicFunctions(registry);
  RegisterArithmeticFunctions(registry);
  RegisterConditionalFunctions(registry);
  RegisterNestedFunctions(registry);
  RegisterCastFunctions(registry);
  RegisterStringFunctions(registry);
  RegisterRegexFunctions(registry);
  RegisterMathFunctions(registry);
  RegisterDatetimeFunctions(registry);
  RegisterHashFunctions(registry);
  RegisterUrlFunctions(registry);
  RegisterCollectionFunctions(registry);
}

}  // namespace millrace
