#include "runtime/expr/functions_array.h"

#include "runtime/expr/comparison.h"
#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterCollectionFunctions(FunctionRegistry& registry) {
  RegisterArrayElementFunctions(registry);
  RegisterArraySetFunctions(registry);
  RegisterArrayOrderFunctions(registry);
  RegisterArrayJoinFunctions(registry);
  RegisterMapFunctions(registry);
}

bool ElementsEqual(const LogicalType& type, const Vector& a, uint32_t a_index,
                   const Vector& b, uint32_t b_index) {
  const bool a_null = a.IsNull(a_index);
  const bool b_null = b.IsNull(b_index);
  if (a_null || b_null) return a_null && b_null;
  return ValuesEqual(type, a, a_index, b, b_index);
}

// Arrays in SQL are short, and hashing nested values costs more than looking
// at a few.
bool ListContains(const LogicalType& type, const Vector& elements,
                  ListEntry list, const Vector& values, uint32_t index) {
  for (uint32_t i = 0; i < list.length; ++i) {
    if (ElementsEqual(type, elements, list.offset + i, values, index)) {
      return true;
    }
  }
  return false;
}

}  // namespace millrace
