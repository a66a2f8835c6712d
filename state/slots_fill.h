#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/batch/packed_key.h"
#include "state/keyed_slots.h"
#include "state/slot_heap.h"
#include "state/snapshot.h"

namespace millrace {

// Fills an empty KeyedSlots by several threads at once, each with the keys of
// some ranges of key groups.
//
// A table lies in hash order, so a range has a stretch of entries of its own.
// What does not fit there, for entries are displaced beyond its end or lie
// closer than was expected, is not put in: it is for the table's owner, when
// every range is done.
//
// Insert and heap are thread-safe for different ranges; the rest is the
// owner's.
class SlotsFill {
 public:
  // Sizes the table for what the ranges expect. REQUIRES: it is empty, and was
  // never settled; ranges ascend. It outlives the fill.
  static absl::StatusOr<SlotsFill> Begin(
      KeyedSlots* table, std::span<const SnapshotReader::Range> ranges,
      int max_parallelism);

  // slots[i] = the zeroed slot of key i; null: it was not put in. REQUIRES: the
  // keys belong to the range, and no key comes twice.
  void Insert(size_t range, const PackedKeys& keys, char** slots);
  // For what its slots hold on to.
  SlotHeap& heap(size_t range) { return *ranges_[range].heap; }

  // The table has what was put in.
  absl::Status Finish();

 private:
  // A cache line each: they are counted in by different threads.
  struct alignas(64) Range {
    uint64_t first = 0;  // Its stretch of entries.
    uint64_t limit = 0;
    uint64_t room = 0;  // Entries that may still be put in.
    uint64_t size = 0;
    std::unique_ptr<SlotHeap> heap;
  };

  explicit SlotsFill(KeyedSlots* table) : table_(table) {}
  template <uint32_t kCell>
  void InsertAll(Range& range, const PackedKeys& keys, char** slots);

  KeyedSlots* table_;
  std::vector<Range> ranges_;
};

}  // namespace millrace
