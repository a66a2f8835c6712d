#pragma once

#include "runtime/batch/vector.h"

namespace millrace {

// What `make.template operator()<T>()` gives for the C++ type of values that
// have an order; nothing (a null pointer) for those that have none.
template <typename Result, typename Make>
Result ForOrderedType(PhysicalType physical, const Make& make) {
  switch (physical) {
    case PhysicalType::kBool: return make.template operator()<uint8_t>();
    case PhysicalType::kInt8: return make.template operator()<int8_t>();
    case PhysicalType::kInt16: return make.template operator()<int16_t>();
    case PhysicalType::kInt32: return make.template operator()<int32_t>();
    case PhysicalType::kInt64: return make.template operator()<int64_t>();
    case PhysicalType::kFloat: return make.template operator()<float>();
    case PhysicalType::kDouble: return make.template operator()<double>();
    case PhysicalType::kInt128: return make.template operator()<__int128>();
    case PhysicalType::kTimeNanos: return make.template operator()<TimeNanos>();
    case PhysicalType::kString: return make.template operator()<StringView>();
    default: return Result();
  }
}

}  // namespace millrace
