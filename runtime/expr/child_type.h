#pragma once

#include "runtime/types/logical_type.h"

namespace millrace {

// What child `index` of a nested vector holds. A multiset's counts have no
// field of their own.
inline LogicalType ChildType(const LogicalType& type, int index) {
  return index < static_cast<int>(type.fields().size())
             ? type.fields()[index].type
             : LogicalType::Integer();
}

}  // namespace millrace
