#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/memory_budget.h"
#include "runtime/connector/options.h"
#include "runtime/worker/subtask_state.h"
#include "state/kv_store.h"
#include "state/storage/manifest.h"

namespace millrace {

// Where the state of a job's operators lies: state.backend.*
struct StateBackendConfig {
  enum class Type { kMemory, kRocksDb };

  Type type = Type::kMemory;
  // state.backend.cache.size: what of one operator's state may stay in memory
  // where it can lie on disk; 0 = as BackendChoice decides.
  int64_t resident_bytes = 0;
};

// What the job's script SET, then the cluster's configuration. CFG-0002: a
// value that a key does not take.
absl::StatusOr<StateBackendConfig> ParseStateBackendConfig(
    const TableOptions& job, const TableOptions& cluster);

// Makes the backends of one attempt.
struct StateBackends {
  StateBackendConfig config;
  // Stores lie below it, each operator's of each attempt in a folder of its
  // own. Empty: everything stays in memory.
  std::string folder;
  Disk* disk = nullptr;
  MemoryBudget* memory = nullptr;
  Executor* executor = nullptr;  // Reads and flushes.
  const Manifest* restore = nullptr;  // What is restored from; may be null.
  KvStoreOpener open_store;           // Empty: RocksDB's.

  // Empty where operators need no more than NewMemoryBackend.
  // kResourceExhausted: the budget has too little for the store's cache.
  absl::StatusOr<BackendMaker> MakeMaker() const;
};

}  // namespace millrace
