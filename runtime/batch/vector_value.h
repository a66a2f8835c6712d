#pragma once

#include <cstdint>
#include <span>

#include "runtime/batch/batch.h"
#include "runtime/types/value.h"

namespace millrace {

// Between columns and single values, nested ones included: for literal rows,
// tests and messages. Not for the data path.

// The value of `row`, NULL where it is NULL.
Value ValueAt(const Vector& vector, uint32_t row);

// A column of `type` with one row for each of `values`, which have its
// physical form.
VectorRef VectorOf(const LogicalType& type, std::span<const Value> values);

// A batch of rows that each have one value a column of `types`. `kinds` is
// empty (every row +I) or has one kind a row. REQUIRES: at most kMaxBatchRows.
Batch BatchOf(std::span<const LogicalType> types,
              std::span<const std::vector<Value>> rows,
              std::span<const RowKind> kinds = {});

}  // namespace millrace
