#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/memory_budget.h"
#include "state/kv_store.h"

namespace millrace {

// What all stores of a process share: one cache of blocks and one bound on
// unwritten changes, drawn from the budget as a whole and given back with it.
// Thread-safe.
class RocksDbMemory {
 public:
  // A third of `bytes` is for changes, as far as there are any; the cache has
  // the rest. kResourceExhausted when the budget (may be null) has less.
  static absl::StatusOr<std::shared_ptr<RocksDbMemory>> Draw(
      int64_t bytes, MemoryBudget* budget);
  ~RocksDbMemory();

  struct Parts;
  const Parts& parts() const { return *parts_; }

 private:
  RocksDbMemory(int64_t bytes, MemoryBudget* budget);

  const int64_t bytes_;
  MemoryBudget* const budget_;
  std::unique_ptr<Parts> parts_;
};

// The store in the folder `path`, made when it is not there. Its writes are
// gone with the process: nothing is logged.
absl::StatusOr<std::unique_ptr<KvStore>> OpenRocksDb(
    const std::string& path, std::shared_ptr<RocksDbMemory> memory);
// The store whose files lie in `path`, for reading.
absl::StatusOr<std::unique_ptr<KvStore>> OpenRocksDbReadOnly(
    const std::string& path, std::shared_ptr<RocksDbMemory> memory);

}  // namespace millrace
