#pragma once

#include <cstdint>

#include "runtime/batch/vector.h"
#include "runtime/types/decimal.h"

namespace millrace {

// A DECIMAL column, whichever of its two physical forms it has, as Int128.
class DecimalColumn {
 public:
  explicit DecimalColumn(const Vector& vector)
      : vector_(vector), wide_(vector.physical() == PhysicalType::kInt128) {}

  Int128 operator[](uint32_t row) const {
    row &= vector_.index_mask();
    return wide_ ? vector_.data<Int128>()[row]
                 : static_cast<Int128>(vector_.data<int64_t>()[row]);
  }

 private:
  const Vector& vector_;
  bool wide_;
};

// REQUIRES: `value` fits the column's digits.
inline void StoreDecimal(Vector& out, uint32_t row, Int128 value) {
  if (out.physical() == PhysicalType::kInt128) {
    out.data<Int128>()[row] = value;
  } else {
    out.data<int64_t>()[row] = static_cast<int64_t>(value);
  }
}

}  // namespace millrace
