#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/memory_budget.h"
#include "state/keyed_bucket.h"
#include "state/keyed_slots.h"
#include "state/operator_backend.h"
#include "state/state_access.h"

namespace millrace {

// Buckets of items by key: what KeyedRows and KeyedSorted are made of. Where
// the backend has a store for the state, they are a cache over it.
//
//   key:   length of the key (LEB128) | the key | sort key | number (8)
//   value: the row                        numbers big endian; version 1
//
// A key is resident with all of its items or not at all. Called by one worker.
class KeyedBuckets {
 public:
  struct Options {
    StateSchema schema;
    KeyLayout layout;
    HashRange hashes;  // Of the subtask's keys.
    int max_parallelism = 128;
    MemoryBudget* memory = nullptr;      // Null: unbounded (tests).
    OperatorBackend* backend = nullptr;  // Null: everything is resident.
    std::string owner;
  };
  explicit KeyedBuckets(Options options);
  KeyedBuckets(const KeyedBuckets&) = delete;
  KeyedBuckets& operator=(const KeyedBuckets&) = delete;
  ~KeyedBuckets();

  // As KeyedRows::Prepare.
  absl::StatusOr<StateAccess> Prepare(const PackedKeys& keys);

  // The bucket of each key, or null.
  void Find(const PackedKeys& keys, const KeyedBucket** buckets) const;
  // Adds items[i] to key i, its number left out. REQUIRES: prepared.
  absl::Status Add(const PackedKeys& keys, const KeyedBucket::Item* items);
  // Removes an item equal to items[i] from key i; found[i] = whether there was
  // one. REQUIRES: prepared.
  absl::Status Remove(const PackedKeys& keys, const KeyedBucket::Item* items,
                      uint8_t* found);

  // Of changes, what was added and removed since the last snapshot.
  absl::Status Snapshot(SnapshotWriter& writer);
  absl::Status Restore(SnapshotReader& reader);

 private:
  static KeyedBucket*& BucketAt(char* slot) {
    return *reinterpret_cast<KeyedBucket**>(slot);
  }
  KeyGroup GroupOf(uint64_t hash) const {
    return KeyGroup(KeyGroupOf(hash, options_.max_parallelism));
  }
  absl::StatusOr<KeyedBucket*> BucketOf(char* slot);
  absl::Status Charge(int64_t bytes);
  void Leave(char* slot);
  absl::Status Put(KeyedBucket& bucket, const KeyedBucket::Item& item);
  // Of an entry of the store; false: damaged.
  static bool Parse(absl::string_view key, absl::string_view* own_key,
                    KeyedBucket::Item* item);
  void BeginRead(const PackedKeys& keys);
  absl::StatusOr<bool> FinishRead();
  absl::Status Shrink();
  absl::Status Settle();

  Options options_;
  StateStore* const store_;
  KeyedSlots table_;  // A bucket's address a slot.
  int64_t charged_bytes_ = 0;
  // Entries that the last snapshot has and that were removed.
  std::set<std::pair<uint64_t, std::string>> removed_;  // By hash.
  bool reading_ = false;
  std::vector<std::pair<std::string, uint64_t>> wanted_;  // Keys and hashes.
  std::vector<uint32_t> rows_;
  std::vector<char*> slots_;
};

}  // namespace millrace
