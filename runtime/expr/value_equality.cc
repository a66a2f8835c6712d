#include <cstring>

#include "runtime/expr/comparison.h"

namespace millrace {
namespace {

template <typename T>
bool Same(const Vector& a, uint32_t row_a, const Vector& b, uint32_t row_b) {
  return a.data<T>()[row_a & a.index_mask()] ==
         b.data<T>()[row_b & b.index_mask()];
}

bool EqualOrBothNull(const LogicalType& type, const Vector& a, uint32_t row_a,
                     const Vector& b, uint32_t row_b) {
  const bool null_a = a.IsNull(row_a);
  const bool null_b = b.IsNull(row_b);
  if (null_a || null_b) return null_a && null_b;
  return ValuesEqual(type, a, row_a, b, row_b);
}

ListEntry EntryAt(const Vector& list, uint32_t row) {
  return list.data<ListEntry>()[row & list.index_mask()];
}

bool ListsEqual(const LogicalType& type, const Vector& a, uint32_t row_a,
                const Vector& b, uint32_t row_b) {
  const ListEntry left = EntryAt(a, row_a);
  const ListEntry right = EntryAt(b, row_b);
  if (left.length != right.length) return false;
  for (uint32_t i = 0; i < left.length; ++i) {
    if (!EqualOrBothNull(type.element(), *a.child(0), left.offset + i,
                         *b.child(0), right.offset + i)) {
      return false;
    }
  }
  return true;
}

bool MapsEqual(const LogicalType& type, const Vector& a, uint32_t row_a,
               const Vector& b, uint32_t row_b) {
  const ListEntry left = EntryAt(a, row_a);
  const ListEntry right = EntryAt(b, row_b);
  if (left.length != right.length) return false;
  const LogicalType key = type.fields()[0].type;
  const LogicalType value = type.Is(TypeRoot::kMultiset)
                                ? LogicalType::Integer()
                                : type.value();
  // Maps are small: looking through the other one beats building a table.
  for (uint32_t i = 0; i < left.length; ++i) {
    bool found = false;
    for (uint32_t k = 0; k < right.length && !found; ++k) {
      found = EqualOrBothNull(key, *a.child(0), left.offset + i, *b.child(0),
                              right.offset + k) &&
              EqualOrBothNull(value, *a.child(1), left.offset + i,
                              *b.child(1), right.offset + k);
    }
    if (!found) return false;
  }
  return true;
}

bool RowsEqual(const LogicalType& type, const Vector& a, uint32_t row_a,
               const Vector& b, uint32_t row_b) {
  for (int i = 0; i < a.child_count(); ++i) {
    if (!EqualOrBothNull(type.fields()[i].type, *a.child(i), row_a,
                         *b.child(i), row_b)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool ValuesEqual(const LogicalType& type, const Vector& a, uint32_t row_a,
                 const Vector& b, uint32_t row_b) {
  switch (a.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8: return Same<int8_t>(a, row_a, b, row_b);
    case PhysicalType::kInt16: return Same<int16_t>(a, row_a, b, row_b);
    case PhysicalType::kInt32: return Same<int32_t>(a, row_a, b, row_b);
    case PhysicalType::kInt64: return Same<int64_t>(a, row_a, b, row_b);
    case PhysicalType::kFloat: return Same<float>(a, row_a, b, row_b);
    case PhysicalType::kDouble: return Same<double>(a, row_a, b, row_b);
    case PhysicalType::kInt128: return Same<__int128>(a, row_a, b, row_b);
    case PhysicalType::kTimeNanos: return Same<TimeNanos>(a, row_a, b, row_b);
    case PhysicalType::kString: return Same<StringView>(a, row_a, b, row_b);
    case PhysicalType::kRow: return RowsEqual(type, a, row_a, b, row_b);
    case PhysicalType::kList: return ListsEqual(type, a, row_a, b, row_b);
    case PhysicalType::kMap: return MapsEqual(type, a, row_a, b, row_b);
    case PhysicalType::kNull: return true;
  }
  return false;
}

}  // namespace millrace
