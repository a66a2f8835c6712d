#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "runtime/batch/batch.h"

namespace millrace {

// How full an open table is, and how many entries it may have so that it does
// not come to need more memory than it is given. Tables grow by themselves,
// within a batch; so one is full when another batch might make it grow.
struct TableFill {
  // Below it tables are small change: they grow by 4, unasked.
  static constexpr uint64_t kSmallCapacity = 64 << 10;
  static constexpr uint64_t kLeastCapacity = 64;

  uint64_t size = 0;
  uint64_t capacity = 0;  // A power of two, or none.
  // Above so many eighths of its capacity a table grows.
  uint64_t limit_eighths = 5;
  int64_t held_bytes = 0;   // All its memory.
  double place_bytes = 0;   // Of a place, with its bits.
  double entry_bytes = 0;   // Of an entry, what lies beside the places.
  // What a snapshot of changes would write: entries, and that keys are gone.
  uint64_t changed = 0;
  uint64_t erased = 0;

  uint64_t LimitOf(uint64_t places) const {
    return places / 8 * limit_eighths;
  }
  // The entries that `places` have room for, and those of another batch.
  uint64_t RoomOf(uint64_t places) const {
    return LimitOf(places) - (places < kSmallCapacity ? 0 : kMaxBatchRows);
  }
  bool IsFull() const { return size > RoomOf(capacity); }
  // What it will hold when it has grown once more.
  int64_t GrownBytes() const {
    return held_bytes * (capacity < kSmallCapacity ? 4 : 2);
  }
  // The places that fit `bytes` when half of them and more are taken.
  uint64_t CapacityIn(int64_t bytes) const {
    const double each = place_bytes + entry_bytes * limit_eighths / 8;
    const auto places =
        static_cast<uint64_t>(static_cast<double>(std::max<int64_t>(bytes, 0)) /
                              std::max(each, 1.0));
    return std::bit_floor(std::max(places, kLeastCapacity));
  }
  uint64_t RoomIn(int64_t bytes) const { return RoomOf(CapacityIn(bytes)); }
};

}  // namespace millrace
