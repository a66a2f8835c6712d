#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/batch/vector.h"

namespace millrace {

// A new column of the values of `source` at `rows` (row numbers of `source`),
// in that order; of a constant, its value each time. Strings share chunks.
// Nobody else holds the column yet, so it may still be written.
std::shared_ptr<Vector> GatheredColumn(const Vector& source,
                                       const uint32_t* rows, uint32_t count);

// Likewise, and NULL at `absent`, places in the new column. `source` null: it
// has no rows, and the column is of `type`, NULL throughout.
std::shared_ptr<Vector> GatheredColumn(const Vector* source,
                                       const LogicalType& type,
                                       const std::vector<uint32_t>& rows,
                                       const std::vector<uint32_t>& absent);

}  // namespace millrace
