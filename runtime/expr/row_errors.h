#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace millrace {

// Which rows of a batch an expression failed on, and why: division by zero, a
// CAST that does not fit. Kernels add; whoever drives the Evaluator decides
// whether the job fails or the rows go to quarantine. A kernel that fails on a
// row marks its result NULL and goes on.
class RowErrors {
 public:
  struct Entry {
    uint32_t row;
    int expression;       // Its place among those of the Evaluator.
    absl::Status status;  // Made by MakeError, code EXP-xxxx.
  };

  // What is added from now on is of this expression.
  void BeginExpression(int expression) { expression_ = expression; }

  // The first error of a row stays; later ones of it are dropped.
  void Add(uint32_t row, absl::Status status);

  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }
  void Clear() { entries_.clear(); }

 private:
  std::vector<Entry> entries_;
  uint32_t greatest_row_ = 0;  // Among the entries, where there are any.
  int expression_ = 0;
};

}  // namespace millrace
