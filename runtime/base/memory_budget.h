#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace millrace {

// One pot of memory that arenas, tables and queues draw on, and the count of
// what each has taken. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // Takes `bytes` or says that `owner` asks for more than is left, with what
  // to set ("JOB-0003 ... taskmanager.memory.process.size"):
  // kResourceExhausted.
  absl::Status Take(int64_t bytes, absl::string_view owner);
  void Give(int64_t bytes) {
    used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  int64_t used_bytes() const {
    return used_bytes_.load(std::memory_order_relaxed);
  }
  int64_t limit_bytes() const { return limit_bytes_; }

 private:
  const int64_t limit_bytes_;
  std::atomic<int64_t> used_bytes_{0};
};

}  // namespace millrace
