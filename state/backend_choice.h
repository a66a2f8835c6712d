#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/memory_budget.h"
#include "state/operator_backend.h"
#include "state/rocksdb_backend.h"

namespace millrace {

// The backends of one process, as `state.backend.type` says. Thread-safe.
class BackendChoice {
 public:
  struct Options {
    std::string type = "memory";  // Or "rocksdb".
    // Where stores lie while they are used; with "memory" only while a
    // checkpoint of a RocksDB is restored from.
    std::string folder;
    Disk* disk = nullptr;            // These three outlive the backends.
    Executor* executor = nullptr;    // Null: reads block (RocksDbOptions).
    MemoryBudget* memory = nullptr;  // Null: unbounded (tests).
    // Of all stores' blocks and unwritten changes; 0 = a quarter of the budget.
    int64_t cache_bytes = 0;
    // Of one operator's state; 0 = what the operators that have much take of
    // half the budget, less what the program itself needs (SpareMemory).
    int64_t resident_bytes = 0;
    KvStoreOpener open_store;  // Empty: RocksDB's.
  };
  // CFG-0002: there is no such type. kResourceExhausted: the budget has no room
  // for the cache.
  static absl::StatusOr<std::unique_ptr<BackendChoice>> Make(
      const Options& options);

  // `wake` wakes the worker of the operator's subtask, from any thread.
  std::unique_ptr<OperatorBackend> NewBackend(const BackendPlace& place,
                                              ObjectStore* store,
                                              std::function<void()> wake) const;

 private:
  BackendChoice(bool is_rocksdb, RocksDbOptions options)
      : is_rocksdb_(is_rocksdb), options_(std::move(options)) {}

  const bool is_rocksdb_;
  const RocksDbOptions options_;
};

}  // namespace millrace
