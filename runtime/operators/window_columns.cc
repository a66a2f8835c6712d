#include "runtime/operators/window_columns.h"

#include <algorithm>

namespace millrace {

VectorRef FilledMillis(int64_t value, uint32_t count) {
  auto column = std::make_shared<Vector>(PhysicalType::kInt64,
                                         std::max<uint32_t>(count, 1));
  std::fill_n(column->data<int64_t>(), count, value);
  return column;
}

bool ReadWindowMillis(const Vector& column, Selection rows, int64_t* millis) {
  const auto* values = column.data<int64_t>();
  const uint32_t mask = column.index_mask();
  for (uint32_t i = 0; i < rows.size(); ++i) millis[i] = values[rows[i] & mask];
  if (!column.may_have_nulls()) return false;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (column.IsNull(rows[i])) return true;
  }
  return false;
}

}  // namespace millrace
