#include "runtime/operators/vector_difference.h"

#include "runtime/base/check.h"

namespace millrace {
namespace {

template <typename T>
void MarkValues(const Vector& a, const Vector& b, uint32_t count,
                uint8_t* differs) {
  const T* left = a.data<T>();
  const T* right = b.data<T>();
  if (!a.may_have_nulls() && !b.may_have_nulls()) {
    for (uint32_t i = 0; i < count; ++i) differs[i] |= !(left[i] == right[i]);
    return;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const bool left_null = a.IsNull(i);
    const bool right_null = b.IsNull(i);
    if (left_null || right_null) {
      differs[i] |= left_null != right_null;
    } else {
      differs[i] |= !(left[i] == right[i]);
    }
  }
}

}  // namespace

void MarkDifferences(const Vector& a, const Vector& b, uint32_t count,
                     uint8_t* differs) {
  switch (a.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
      return MarkValues<int8_t>(a, b, count, differs);
    case PhysicalType::kInt16: return MarkValues<int16_t>(a, b, count, differs);
    case PhysicalType::kInt32:
    case PhysicalType::kFloat: return MarkValues<int32_t>(a, b, count, differs);
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
      return MarkValues<int64_t>(a, b, count, differs);
    case PhysicalType::kInt128:
      return MarkValues<__int128>(a, b, count, differs);
    case PhysicalType::kTimeNanos:
      return MarkValues<TimeNanos>(a, b, count, differs);
    case PhysicalType::kString:
      return MarkValues<StringView>(a, b, count, differs);
    default: MILLRACE_CHECK(false);
  }
}

}  // namespace millrace
