#pragma once

#include "runtime/expr/function_entry.h"
#include "runtime/expr/function_registry.h"

namespace millrace {

// The parts of the family of functions over ARRAY and MAP.

void RegisterArrayElementFunctions(FunctionRegistry& registry);
void RegisterArraySetFunctions(FunctionRegistry& registry);
void RegisterArrayOrderFunctions(FunctionRegistry& registry);
void RegisterArrayJoinFunctions(FunctionRegistry& registry);
void RegisterMapFunctions(FunctionRegistry& registry);

// One array column: where each row's elements lie in the child.
class ArrayColumn {
 public:
  explicit ArrayColumn(const Vector& list) : list_(list) {}

  ListEntry operator[](uint32_t row) const {
    return list_.data<ListEntry>()[row & list_.index_mask()];
  }
  // Null where no row has an array.
  const Vector* elements() const { return list_.child(0).get(); }
  bool IsNull(uint32_t row) const { return list_.IsNull(row); }

 private:
  const Vector& list_;
};

// NULL equals NULL; else deep equality.
bool ElementsEqual(const LogicalType& type, const Vector& a, uint32_t a_index,
                   const Vector& b, uint32_t b_index);

// True where one of the list's elements equals the value.
bool ListContains(const LogicalType& type, const Vector& elements,
                  ListEntry list, const Vector& values, uint32_t index);

}  // namespace millrace
