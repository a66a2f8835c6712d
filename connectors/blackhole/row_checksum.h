#pragma once

#include <cstdint>
#include <string>

#include "runtime/batch/batch.h"

namespace millrace {

// A number made of every value of every row, so that none can be left out
// unseen. The order of rows and of batches does not count, so that it is the
// same at every parallelism: each value is mixed with its column's number, and
// the results are added up.
class RowChecksum {
 public:
  void Add(const Batch& batch);
  void Add(const RowChecksum& other) {
    rows_ += other.rows_;
    sum_ += other.sum_;
  }

  int64_t rows() const { return rows_; }
  // 16 hexadecimal digits.
  std::string Text() const;

 private:
  int64_t rows_ = 0;
  uint64_t sum_ = 0;
};

}  // namespace millrace
