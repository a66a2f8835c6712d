#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/batch/packed_key.h"
#include "state/change_marks.h"
#include "state/slot_bits.h"
#include "state/slot_heap.h"
#include "state/snapshot.h"
#include "state/table_fill.h"
#include "state/table_memory.h"

namespace millrace {

class FrozenSlots;

// One table of fixed-size slots by key: the resident form of aggregates and of
// one slice of a window. Reached a batch of keys at a time.
//
// Open addressing with linear probing. An entry's home is its hash's place in
// the range of hashes that the subtask has, so the table lies in hash order, a
// key group is one run of it, and all of it is used whatever the parallelism.
//
//   entry: | hash (8) | key cell (8, 16 or 32) | slot |     hash 0 = empty
//
// Slots are zeroed when their key is inserted; what lies in them is the
// caller's. Pointers to slots hold until the next FindOrInsert, Reserve, Erase
// or Clear. A budget that is used up names the owner. Called by one worker.
class KeyedSlots {
 public:
  struct Options {
    KeyLayout layout;
    uint32_t slot_bytes = 8;  // Rounded up to a multiple of 8.
    // Where hashes lie; keys beyond it work too, but slowly.
    HashRange hashes;
    MemoryBudget* memory = nullptr;  // Null: unbounded (tests).
    std::string owner;  // For messages.
  };
  explicit KeyedSlots(Options options);
  ~KeyedSlots();

  // slots[i] = the slot of key i, inserted when absent. Where `inserted` is
  // not null, inserted[i] = 1 for the first row of each new key, 0 otherwise.
  absl::Status FindOrInsert(const PackedKeys& keys, char** slots,
                            uint8_t* inserted);
  // The same for one key in its canonical bytes (restores, tests).
  absl::Status FindOrInsertOne(absl::string_view key, uint64_t hash,
                               char** slot);
  // slots[i] = the slot of key i, or null.
  void Find(const PackedKeys& keys, char** slots) const;

  // Removes the entry of `slot`. Every other pointer is void afterwards.
  void Erase(char* slot);
  // Room for `count` entries without growing.
  absl::Status Reserve(uint64_t count);
  // While a table is filled in key-group order, before each entry of `group`:
  // room for as many as the groups so far let expect, lest they crowd.
  absl::Status ReserveAhead(KeyGroup group, int max_parallelism);
  // Forgets entries, heap and account of changes; keeps room that was used.
  void Clear();

  uint64_t size() const { return size_; }
  uint64_t capacity() const { return mask_ + 1; }

  // Up to `limit` slots from `*position` on, about in hash order; moves
  // `*position`. Begin at 0; fewer than `limit` = that was all.
  uint32_t Scan(uint64_t* position, uint32_t limit, char** slots) const;
  // Every slot of one key group.
  void ForEachInGroup(KeyGroup group, int max_parallelism,
                      absl::FunctionRef<void(char* slot)> visit) const;

  // The snapshot that was just written, or restored from, has what is here:
  // from now on account is kept of what changes.
  absl::Status Settle();
  // Whether it was, since the table was made or cleared.
  bool is_settled() const { return is_settled_; }
  // False: nothing was handed out by FindOrInsert, nor erased, since Settle.
  bool has_changes() const { return !is_settled_ || changed_; }
  // As ForEachInGroup, the slots handed out since Settle (none yet: all).
  void ForEachChangedInGroup(KeyGroup group, int max_parallelism,
                             absl::FunctionRef<void(char* slot)> visit) const;
  struct ErasedKey {
    uint64_t hash = 0;
    std::string key;
  };
  // The keys that were there at Settle and are not any more, in hash order.
  std::vector<ErasedKey> ErasedKeys() const;
  // Whether the entry was there at Settle. REQUIRES: is_settled().
  bool WasSettled(const char* slot) const {
    return !marks_.IsFresh(PositionOf(slot));
  }

  // As ForEachInGroup (kChanges: ForEachChangedInGroup) of all groups, then
  // Settle, but that `write` is called later: of an entry that is to change or
  // go before that, of others when the result is told to. Null: there are none.
  // REQUIRES: nothing is left of an earlier one.
  absl::StatusOr<std::unique_ptr<SnapshotRest>> Freeze(
      SnapshotWriter::Extent extent,
      std::function<absl::Status(const char* slot)> write);
  bool is_frozen() const { return frozen_ != nullptr; }

  // Over a store of what was settled (state_backend.h), REQUIRES of these:
  // is_settled(). The places in `keys` of those only the store can tell of.
  void FindUnknown(const PackedKeys& keys, std::vector<uint32_t>& rows);
  // The zeroed slot of an entry that comes from the store, and so counts as
  // settled. REQUIRES: FindUnknown gave its key.
  absl::StatusOr<char*> Admit(absl::string_view key, uint64_t hash);
  // An entry of the store's, which is not here, is erased.
  void EraseStored(absl::string_view key, uint64_t hash) {
    erased_.emplace(key, hash);
    changed_ = true;
  }
  // Takes up to `count` entries out that the store has, cold ones first, each
  // after `leave`; none while some are frozen. How many; every pointer is void.
  uint64_t Evict(uint64_t count, absl::FunctionRef<void(char* slot)> leave);
  TableFill fill() const;
  // Gives back all but `capacity` places, a power of two, where they are enough
  // and there is room for the copy. Every pointer is void.
  void ShrinkTo(uint64_t capacity);
  // The same of a heap of which much is free; `move` takes along a slot's part.
  using HeapMove = absl::FunctionRef<void(char*, SlotHeap& from, SlotHeap& to)>;
  void Tighten(HeapMove move);

  const KeyLayout& layout() const { return options_.layout; }
  const char* cell(const char* slot) const { return slot - cell_bytes_; }
  uint64_t hash(const char* slot) const {
    uint64_t hash;
    std::memcpy(&hash, slot - cell_bytes_ - 8, 8);
    return hash;
  }
  // The key's canonical bytes, borrowed from the table.
  absl::string_view key(const char* slot) const {
    return options_.layout.Bytes(cell(slot), hash(slot));
  }
  SlotHeap& heap() { return *heap_; }

 private:
  // A probe of an absent key looks at ~4 entries at this load.
  static constexpr uint64_t kLimitEighths = 5;
  friend class SlotsFill;  // Puts entries in.
  class FrozenView;
  // Looks up keys from `first` on; stops before a key that needs a larger
  // table and returns its number, or keys.count.
  template <uint32_t kCell>
  uint32_t FindOrInsertFrom(const PackedKeys& keys, uint32_t first,
                            char** slots, uint8_t* inserted);
  template <uint32_t kCell>
  void FindAll(const PackedKeys& keys, char** slots) const;
  char* EntryAt(uint64_t position) const {
    return memory_.data() + position * stride_;
  }
  uint64_t HashAt(uint64_t position) const {
    return hash(EntryAt(position) + 8 + cell_bytes_);
  }
  uint64_t HomeOf(uint64_t hash) const {
    const uint64_t home = static_cast<uint64_t>(
        (static_cast<unsigned __int128>(hash - options_.hashes.first) *
         homes_per_hash_) >>
        64);
    return home < mask_ ? home : mask_;
  }
  HashRange OwnHashes(KeyGroup group, int max_parallelism) const;
  uint64_t PositionOf(const char* slot) const {
    return static_cast<uint64_t>(slot - cell_bytes_ - 8 - memory_.data()) /
           stride_;
  }
  bool IsLong(const char* cell, uint32_t* length) const;
  void RemoveAt(uint64_t position);
  absl::Status GrowTo(uint64_t capacity);

  Options options_;
  uint32_t cell_bytes_;
  uint64_t stride_;
  uint64_t homes_per_hash_ = 0;  // Times 2^64.
  uint64_t mask_ = 0;  // capacity - 1.
  uint64_t size_ = 0;
  uint64_t limit_ = 0;  // Entries above which the table grows.
  TableMemory memory_;
  std::unique_ptr<SlotHeap> heap_;
  bool is_settled_ = false;
  bool changed_ = false;
  ChangeMarks marks_;  // On when settled and not empty.
  absl::flat_hash_map<std::string, uint64_t> erased_;  // May be there again.
  std::vector<char*> found_;
  uint64_t hand_ = 0;  // Where the next Evict begins.
  FrozenSlots* frozen_ = nullptr;  // While it is not all written.
  SlotBits spare_;  // None is set.
};

}  // namespace millrace
