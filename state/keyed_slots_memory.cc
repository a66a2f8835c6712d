// What a KeyedSlots holds of memory, takes beforehand, and gives back.

#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/base/status_macros.h"
#include "state/keyed_slots.h"

namespace millrace {
namespace {

// Crowded together, they are still found soon enough.
constexpr uint64_t kFewEntries = 256;
// Less of a heap that nobody uses is not worth a walk through the table.
constexpr int64_t kLeastWasteBytes = 32 << 10;
constexpr int64_t kWastePart = 4;
// A heap draws more than was copied into it: the rest of its last chunk.
constexpr int64_t kChunkBytes = 2 << 20;

}  // namespace

absl::Status KeyedSlots::Reserve(uint64_t count) {
  if (count <= limit_) return absl::OkStatus();
  return GrowTo(std::bit_ceil(
      std::max(count * 8 / 5 + 8, TableFill::kLeastCapacity)));
}

absl::Status KeyedSlots::ReserveAhead(KeyGroup group, int max_parallelism) {
  if (size_ < kFewEntries) return absl::OkStatus();
  const int32_t first = KeyGroupOf(options_.hashes.first, max_parallelism);
  const int32_t last = KeyGroupOf(options_.hashes.last, max_parallelism);
  if (group.value() < first || group.value() > last) return absl::OkStatus();
  return Reserve(size_ * (last - first + 1) / (group.value() - first + 1));
}

TableFill KeyedSlots::fill() const {
  // Of the marks, three bits a place.
  const double place_bytes = static_cast<double>(stride_) + 0.375;
  const uint64_t places = limit_ == 0 ? 0 : capacity();
  return {.size = size_,
          .capacity = places,
          .limit_eighths = kLimitEighths,
          .held_bytes = static_cast<int64_t>(
                            place_bytes * static_cast<double>(places)) +
                        heap_->size_bytes(),
          .place_bytes = place_bytes,
          .entry_bytes = static_cast<double>(heap_->used_bytes()) /
                         static_cast<double>(std::max<uint64_t>(size_, 1)),
          .changed = marks_.count(),
          .erased = erased_.size()};
}

void KeyedSlots::ShrinkTo(uint64_t new_capacity) {
  if (limit_ == 0 || new_capacity >= capacity() ||
      size_ > new_capacity / 8 * kLimitEighths) {
    return;
  }
  (void)GrowTo(new_capacity);  // Fails before it has changed anything.
}

void KeyedSlots::Tighten(HeapMove move) {
  const int64_t used_bytes = heap_->used_bytes();
  if (heap_->freed_bytes() <
      std::max(kLeastWasteBytes, heap_->size_bytes() / kWastePart)) {
    return;
  }
  if (options_.memory != nullptr &&
      options_.memory->limit_bytes() - options_.memory->used_bytes() <
          used_bytes + kChunkBytes) {
    return;
  }
  auto heap = std::make_unique<SlotHeap>(options_.memory, options_.owner);
  for (uint64_t i = 0; i <= mask_ && limit_ > 0; ++i) {
    if (HashAt(i) == 0) continue;
    char* const cell = EntryAt(i) + 8;
    uint32_t length;
    if (IsLong(cell, &length)) {
      const absl::string_view bytes = options_.layout.Bytes(cell, HashAt(i));
      char* const copy = heap->Allocate(length);
      std::memcpy(copy, bytes.data(), length);
      std::memcpy(cell + 8, &copy, 8);
    }
    move(cell + cell_bytes_, *heap_, *heap);
  }
  heap_ = std::move(heap);
}

}  // namespace millrace
