#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/batch/key_packer.h"
#include "runtime/operators/aggregate_snapshot.h"
#include "runtime/operators/group_keys.h"
#include "runtime/operators/operator.h"
#include "state/state_access.h"
#include "state/state_backend.h"

namespace millrace {

// Keeps the table of an aggregate a bounded cache over the stores of its
// states (state_backend.h): reads in what a batch needs, and takes out what is
// more than its share of memory.
//
// A batch goes: Prepare until kReady, the operator's own work, EndBatch. What
// the batch reached stays until then. Called by the operator's worker.
class AggregateCache {
 public:
  struct Options {
    AggregateSchema schema;
    const AggregateLayout* layout = nullptr;  // Outlives the cache.
    OperatorContext context;
    // 0: kept for ever. Else what was not touched for so long is erased, here
    // in the stores; what is resident is the operator's.
    int64_t ttl_ms = 0;
  };
  // Null where the operator's backend keeps everything in memory.
  static std::unique_ptr<AggregateCache> Make(const Options& options);

  // Makes every group of the batch, and every distinct value, one that is
  // resident or that no store has. kPending: call again with the same batch,
  // when the worker is woken.
  absl::StatusOr<StateAccess> Prepare(const Batch& batch, GroupKeys& keys,
                                      AggregateTable& table);
  // Pointers to slots are void afterwards.
  absl::Status EndBatch(AggregateTable& table);
  // The stores have entries that were never here: after a restore. Until then,
  // and until something is evicted, nothing needs to be read.
  void ExpectStored() { is_elsewhere_.assign(stores_.size(), true); }

 private:
  AggregateCache(const Options& options, std::vector<StateStore*> stores);

  // Whether a read was begun.
  absl::StatusOr<bool> ReadGroups(const Batch& batch, GroupKeys& keys,
                                  AggregateTable& table);
  absl::StatusOr<bool> ReadValues(int set, const Batch& batch, GroupKeys& keys,
                                  AggregateTable& table);
  void BeginRead(StateStore& store);
  // Takes over what was read; false while it is not there.
  absl::StatusOr<bool> FinishRead(AggregateTable& table);
  // Looks at as many stored groups as went there, twice over, for their TTL:
  // begins to, and takes the answer.
  void BeginSweep();
  absl::StatusOr<bool> FinishSweep(AggregateTable& table);
  // The store has every change from now on.
  absl::Status Flush(AggregateTable& table);
  // Makes room in one state's part of the table, where it has too little.
  template <typename Part, typename Evict>
  absl::Status Fit(AggregateTable& table, int state, Part& part, Evict evict);
  // About what a flush would write of what is new.
  int64_t RunBytes(AggregateTable& table) const;

  const Options options_;
  const std::vector<StateStore*> stores_;  // Of the groups, then of each set.
  std::vector<KeyPacker> packers_;         // One a distinct set.
  // Of each store, whether it may have what is not resident.
  std::vector<uint8_t> is_elsewhere_;
  std::vector<uint64_t> rooms_;  // Entries that each may have, as last asked.
  uint32_t batch_ = 0;
  int stage_ = 0;         // Which of stores_ the batch comes to next.
  bool reading_ = false;  // From stores_[stage_].
  // The sweep goes through the key groups in their order, round and round.
  bool sweeping_ = false;
  uint64_t evicted_count_ = 0;  // Groups not yet swept for.
  KeyGroup swept_group_;
  std::string swept_key_;  // The last one of the group that was looked at.
  // What is read: a key for the store, and to whom it belongs.
  struct Wanted {
    StateStore::Entry entry;
    uint64_t hash = 0;       // A group's.
    uint32_t group_id = 0;   // A value's.
    uint32_t value_at = 0;   // Where in its key the value begins.
    bool operator<(const Wanted& other) const {
      return entry.key < other.entry.key;
    }
  };
  std::vector<Wanted> wanted_;
  std::vector<uint32_t> rows_;
};

}  // namespace millrace
