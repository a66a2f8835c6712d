#pragma once

#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/memory_budget.h"

namespace millrace {

// The zeroed memory of one table, drawn from a budget and given back with it.
//
// From kHugeBytes on it lies on huge pages where the kernel grants them: random
// access to a table of a gigabyte is 2-4 times faster (a TLB miss less each).
class TableMemory {
 public:
  static constexpr size_t kHugeBytes = 4 << 20;

  TableMemory() = default;
  // 64-byte aligned. kResourceExhausted names `owner` when the budget is used
  // up. `budget` (may be null) outlives the memory.
  static absl::StatusOr<TableMemory> Allocate(size_t size_bytes,
                                              MemoryBudget* budget,
                                              absl::string_view owner);
  TableMemory(TableMemory&& other) noexcept { *this = std::move(other); }
  TableMemory& operator=(TableMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_bytes_, other.size_bytes_);
    std::swap(budget_, other.budget_);
    return *this;
  }
  ~TableMemory();

  char* data() const { return data_; }
  size_t size_bytes() const { return size_bytes_; }

 private:
  char* data_ = nullptr;
  size_t size_bytes_ = 0;
  MemoryBudget* budget_ = nullptr;
};

}  // namespace millrace
