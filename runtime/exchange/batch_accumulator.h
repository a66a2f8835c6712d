#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/batch/batch.h"

namespace millrace {

// Collects rows of many batches into one: the receiver's side of a scatter, and
// the coalescing of small batches in front of keyed operators.
//
// Strings stay where they are, their chunks shared, unless a batch gives only
// a few of its rows: then they are copied, so that a thousand batches that
// passed a narrow filter do not pin a thousand chunks. Row kinds and hashes
// travel along. Not thread-safe.
class BatchAccumulator {
 public:
  BatchAccumulator();
  BatchAccumulator(BatchAccumulator&&) noexcept;
  BatchAccumulator& operator=(BatchAccumulator&&) noexcept;
  ~BatchAccumulator();

  uint32_t row_count() const { return row_count_; }
  uint32_t room() const { return kMaxBatchRows - row_count_; }

  // Appends `rows` (row numbers of `batch`), in order. Every batch since the
  // last Take has the same columns. REQUIRES: count <= room().
  void Append(const Batch& batch, const uint32_t* rows, uint32_t count);

  // What was collected, dense; the accumulator is empty again.
  Batch Take();

 private:
  struct Column;

  uint32_t row_count_ = 0;
  std::vector<Column> columns_;
  // Null until a batch brings one; rows before it count as +I.
  std::shared_ptr<Vector> kinds_;
  std::shared_ptr<Vector> hashes_;
};

}  // namespace millrace
