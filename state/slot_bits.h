#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/status_macros.h"
#include "state/table_memory.h"

namespace millrace {

// A bit for each position of a table.
class SlotBits {
 public:
  SlotBits() = default;
  // Of `capacity` positions, a multiple of 64; none is set.
  static absl::StatusOr<SlotBits> Make(uint64_t capacity, MemoryBudget* budget,
                                       absl::string_view owner) {
    SlotBits bits;
    bits.word_count_ = capacity / 64;
    ASSIGN_OR_RETURN(bits.memory_,
                     TableMemory::Allocate(
                         bits.word_count_ * sizeof(uint64_t), budget, owner));
    return bits;
  }

  // The same out of `spare`, none of which is set, where that is of as many.
  static absl::StatusOr<SlotBits> MakeFrom(SlotBits& spare, uint64_t capacity,
                                           MemoryBudget* budget,
                                           absl::string_view owner) {
    SlotBits bits = std::exchange(spare, SlotBits());
    if (bits.word_count_ == capacity / 64) return bits;
    return Make(capacity, budget, owner);
  }

  uint64_t word_count() const { return word_count_; }
  uint64_t word(uint64_t number) const { return words()[number]; }
  void Fill() { std::memset(words(), 0xff, word_count_ * sizeof(uint64_t)); }
  void Wipe() { std::memset(words(), 0, word_count_ * sizeof(uint64_t)); }
  void CopyFrom(const uint64_t* from) {
    std::memcpy(words(), from, word_count_ * sizeof(uint64_t));
  }

  bool Has(uint64_t position) const {
    return (words()[position >> 6] >> (position & 63) & 1) != 0;
  }
  void Set(uint64_t position, bool value) {
    uint64_t& word = words()[position >> 6];
    const uint64_t bit = uint64_t{1} << (position & 63);
    word = value ? word | bit : word & ~bit;
  }

 private:
  uint64_t* words() const {
    return reinterpret_cast<uint64_t*>(memory_.data());
  }

  uint64_t word_count_ = 0;
  TableMemory memory_;
};

}  // namespace millrace
