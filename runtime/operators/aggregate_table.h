#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "runtime/base/memory_charge.h"
#include "runtime/operators/aggregate_layout.h"
#include "runtime/operators/distinct_table.h"
#include "state/keyed_slots.h"

namespace millrace {

// The groups of an aggregate, or of one slice of a window: a slot of
// accumulators by key, and the distinct values they have seen.
class AggregateTable {
 public:
  struct Options {
    const AggregateLayout* layout = nullptr;  // Outlives the table.
    std::optional<KeyLayout> keys;            // None: one group for all rows.
    HashRange hashes;  // Of the subtask's keys.
    bool over_store = false;  // What is not here may lie in stores.
    MemoryBudget* memory = nullptr;
    std::string owner;
  };
  explicit AggregateTable(Options options);

  // As KeyedSlots::FindOrInsert; new groups get an id where the layout has it.
  absl::Status Locate(const PackedKeys& keys, char** slots, uint8_t* inserted);
  // The one slot of a table without keys.
  absl::StatusOr<char*> LocateSingle(bool* inserted);

  // Adds every group of `from`, whose layout is this one's.
  absl::Status MergeFrom(AggregateTable& from);

  // Releases and erases the group: void are all other pointers to slots.
  void Erase(char* slot);
  // The group begins anew, without rows; its slot stays where it is.
  absl::Status Reset(char* slot);
  // Forgets the distinct values of groups that were erased or reset, when
  // there are more such groups than others, and no store. Between batches; a
  // settled table
  // waits with it until nothing has changed since, so that what a snapshot
  // must know of the values is never renumbered.
  absl::Status DropOrphans();
  void Clear();

  // Of the groups, as of KeyedSlots.
  TableFill fill() const { return slots_.fill(); }
  absl::Status Reserve(uint64_t count) { return slots_.Reserve(count); }
  void ShrinkTo(uint64_t capacity) { slots_.ShrinkTo(capacity); }
  void Tighten();

  // For what goes with the table and lies beside it.
  MemoryCharge NewCharge() const { return {options_.memory, options_.owner}; }

  uint64_t size() const { return slots_.size(); }
  const AggregateLayout& layout() const { return *options_.layout; }
  KeyedSlots& slots() { return slots_; }
  const KeyedSlots& slots() const { return slots_; }
  DistinctTable& distinct(int set) { return *distinct_[set]; }

  // For snapshots. As of KeyedSlots.
  absl::Status Settle();
  bool has_changes() const { return slots_.has_changes(); }
  // The groups of one key group as key and value bytes: all, or those changed
  // since Settle.
  using Extent = SnapshotWriter::Extent;
  void SnapshotGroup(
      Extent extent, KeyGroup group, int max_parallelism,
      absl::FunctionRef<void(absl::string_view key, absl::string_view value)>
          entry) const;
  // The values of distinct set `set`, all or those changed, as group's key,
  // value and slot bytes; of those erased the slot is empty.
  using DistinctVisitor =
      absl::FunctionRef<void(absl::string_view group_key, uint64_t group_hash,
                             const DistinctTable::Entry&)>;
  void SnapshotDistinct(Extent extent, int set, DistinctVisitor entry) const;
  // Of those only the erased ones.
  void SnapshotErased(int set, DistinctVisitor entry) const;
  // Whether something of a Freeze of the groups or values is left
  // (aggregate_freeze.h), and that all was frozen and so is settled.
  bool is_frozen() const;
  void NoteFrozen() { emptied_.clear(); }
  // Whether DropOrphans has something to do, which it cannot while something is
  // frozen.
  bool has_many_orphans() const;
  // Keys of the groups whose values at Settle count no more, for they were
  // erased or reset since. Only where there are distinct values.
  const std::set<std::string>& emptied_groups() const { return emptied_; }
  // Over stores: an entry as the store has it (KeyedSlots::Admit). kDataLoss:
  // damaged bytes.
  absl::Status AdmitGroup(absl::string_view key, uint64_t hash,
                          absl::string_view value);
  // A group of the store's, with its values, is erased; not where it is here.
  void EraseStored(absl::string_view key, uint64_t hash);
  // Takes groups out that the store has (KeyedSlots::Evict). The values that
  // they leave behind are nobody's, and are evicted in their turn.
  uint64_t EvictGroups(uint64_t count);
  // Whether the store may have values of the group, which is here.
  bool HasStoredValues(const char* slot) const {
    return slots_.WasSettled(slot) &&
           (emptied_.empty() ||
            !emptied_.contains(std::string(slots_.key(slot))));
  }
  // Whether ids run out: Clear gives them anew.
  bool needs_new_ids() const { return next_id_ > kManyIds; }

  // Back again; groups, each once, before their distinct values, which are
  // given the group's id (for any thread). kDataLoss: damaged bytes.
  absl::Status RestoreGroups(std::span<const absl::string_view> keys,
                             std::span<const absl::string_view> values);
  absl::StatusOr<uint32_t> RestoredId(absl::string_view group_key) const;
  absl::Status RestoreDistinct(int set,
                               std::span<const DistinctTable::Entry> values);

 private:
  static constexpr uint32_t kManyIds = uint32_t{1} << 31;

  std::unique_ptr<DistinctTable> NewDistinct(int set) const;
  bool has_ids() const { return !distinct_.empty(); }
  absl::Status GiveIds(char* const* slots, const uint8_t* inserted,
                       uint32_t count);
  absl::Status MergeDistinct(AggregateTable& from,
                             const std::vector<uint32_t>& new_ids);
  // The slot of each group id; an orphan's is null.
  std::vector<char*> SlotsById() const;
  using GroupsById = absl::flat_hash_map<uint32_t, const char*>;
  GroupsById ChangedById() const;
  std::vector<uint32_t> IdsInOrder(const GroupsById& groups_by_id) const;
  void NoteEmptied(const char* slot);

  Options options_;
  // The groups go first: values that are frozen are written with their keys.
  std::vector<std::unique_ptr<DistinctTable>> distinct_;
  KeyedSlots slots_;
  uint32_t next_id_ = 0;
  uint64_t orphan_count_ = 0;  // Ids below next_id_ that no group has.
  std::set<std::string> emptied_;
  std::vector<uint8_t> inserted_;
};

}  // namespace millrace
