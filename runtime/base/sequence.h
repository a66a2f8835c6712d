#pragma once

#include <atomic>
#include <cstdint>

namespace millrace {

// The numbers 0, 1, 2, ..., each given out once, to whichever thread asks.
class Sequence {
 public:
  int64_t Next() { return next_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> next_{0};
};

}  // namespace millrace
