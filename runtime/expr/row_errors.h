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
    absl::Status status;  // Made by MakeError, code EXP-xxxx.
  };

  // The first error of a row stays; later ones of it are dropped.
  void Add(uint32_t row, absl::Status status);

  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }
  void Clear() { entries_.clear(); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace millrace
