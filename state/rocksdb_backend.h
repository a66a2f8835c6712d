#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/spare_memory.h"
#include "state/operator_backend.h"
#include "state/rocksdb_store.h"

namespace millrace {

// What the stores of one process have in common. Pointers outlive them.
struct RocksDbOptions {
  // Stores lie in folders below it, one for each operator of each attempt; on
  // the object store's file system tables are linked, not copied.
  std::string folder;
  Disk* disk = nullptr;
  std::shared_ptr<RocksDbMemory> memory;
  // Where reads and flushes run; null: at once, where they are asked for
  // (tests, and a subtask without threads beside it).
  Executor* executor = nullptr;
  // Called from the executor when a read has come or a flush is written: the
  // operator's worker has something to do.
  std::function<void()> wake;
  // Of one operator: what may stay in memory of states that can lie in the
  // store. 0 = everything.
  int64_t resident_bytes = 64 << 20;
  // Where several operators borrow that from; then it is no bound of each.
  std::shared_ptr<SpareMemory> spare;
  // Of one operator: changes on their way to the store, above which it waits.
  // 0 = resident_bytes.
  int64_t waiting_bytes = 0;
  int64_t most_waiting_bytes() const {
    return waiting_bytes > 0 ? waiting_bytes : resident_bytes;
  }
  KvStoreOpener open_store;  // Empty: RocksDB's.
};

// A RocksDB below the state of one operator. At a barrier the changes become
// an immutable run; the upload writes it, links the store (hard links) and
// puts those tables into `store` that no completed checkpoint has.
//
// Restores from both forms and from any parallelism: the largest old store is
// adopted as it is, what others have of this subtask's key groups is copied to
// it, and the key groups that are others' now are dropped.
std::unique_ptr<OperatorBackend> NewRocksDbBackend(
    const BackendPlace& place, const RocksDbOptions& options,
    ObjectStore* store);

// NewMemoryBackend, but that it also restores from what NewRocksDbBackend
// wrote, by way of a folder below options.folder.
std::unique_ptr<OperatorBackend> NewMemoryBackendFromAnyForm(
    const BackendPlace& place, const RocksDbOptions& options,
    ObjectStore* store);

}  // namespace millrace
