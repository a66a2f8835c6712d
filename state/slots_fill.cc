#include "state/slots_fill.h"

#include <cstring>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// How many keys ahead entries are fetched: as in KeyedSlots.
constexpr uint32_t kFillAhead = 12;

}  // namespace

absl::StatusOr<SlotsFill> SlotsFill::Begin(
    KeyedSlots* table, std::span<const SnapshotReader::Range> ranges,
    int max_parallelism) {
  MILLRACE_CHECK(table->size() == 0 && !table->is_settled());
  uint64_t count = 1;
  for (const SnapshotReader::Range& range : ranges) count += range.entries;
  RETURN_IF_ERROR(table->Reserve(count));
  SlotsFill fill(table);
  uint64_t first = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    Range range;
    range.first = first;
    range.limit = table->capacity();
    if (i + 1 < ranges.size()) {
      const KeyGroup next = ranges[i + 1].groups.first;
      range.limit = table->HomeOf(
          table->OwnHashes(next, max_parallelism).first);
    }
    first = range.limit;
    // A little fuller than tables are: ranges are not all alike.
    range.room = (range.limit - range.first) / 4 * 3;
    range.heap = std::make_unique<SlotHeap>(table->options_.memory,
                                            table->options_.owner);
    fill.ranges_.push_back(std::move(range));
  }
  return fill;
}

void SlotsFill::Insert(size_t range, const PackedKeys& keys, char** slots) {
  Range& into = ranges_[range];
  switch (table_->cell_bytes_) {
    case 8: return InsertAll<8>(into, keys, slots);
    case 16: return InsertAll<16>(into, keys, slots);
    default: return InsertAll<32>(into, keys, slots);
  }
}

// Every key is new, and so its place is the first that is empty.
template <uint32_t kCell>
void SlotsFill::InsertAll(Range& range, const PackedKeys& keys, char** slots) {
  const KeyedSlots& table = *table_;
  for (uint32_t i = 0; i < keys.count; ++i) {
    if (i + kFillAhead < keys.count) {
      const char* ahead =
          table.EntryAt(table.HomeOf(keys.hashes[i + kFillAhead]));
      __builtin_prefetch(ahead, 1);
      __builtin_prefetch(ahead + table.stride_ - 1, 1);
    }
    slots[i] = nullptr;
    // The hash 0 marks an empty entry; the key that has it lives under 1.
    const uint64_t hash = keys.hashes[i] + (keys.hashes[i] == 0);
    uint64_t position = table.HomeOf(hash);
    if (position < range.first || range.size == range.room) continue;
    while (position < range.limit && table.HashAt(position) != 0) ++position;
    if (position >= range.limit) continue;
    char* const entry = table.EntryAt(position);
    const char* const cell = keys.cells + size_t{i} * kCell;
    std::memcpy(entry, &hash, 8);
    std::memcpy(entry + 8, cell, kCell);
    uint32_t length;
    if (table.IsLong(cell, &length)) {
      const absl::string_view bytes = table.options_.layout.Bytes(cell, hash);
      char* const copy = range.heap->Allocate(length);
      std::memcpy(copy, bytes.data(), length);
      std::memcpy(entry + 16, &copy, 8);
    }
    slots[i] = entry + 8 + kCell;
    ++range.size;
  }
}

absl::Status SlotsFill::Finish() {
  for (Range& range : ranges_) {
    table_->size_ += range.size;
    table_->heap_->Adopt(std::move(*range.heap));
  }
  table_->changed_ = true;
  ranges_.clear();
  return table_->heap_->status();
}

}  // namespace millrace
