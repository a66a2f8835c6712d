#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "state/slot_bits.h"

namespace millrace {

// What a FrozenSlots sees of the table whose entries a barrier froze. It goes
// with the FrozenSlots, or with the table, whichever goes first.
class FrozenTable {
 public:
  // Knows of no FrozenSlots any more.
  virtual ~FrozenTable() = default;

  // The entry at `position` is written soon.
  virtual void Fetch(uint64_t position) const = 0;
  // Writes it; nothing happens where the position is empty.
  virtual absl::Status Write(uint64_t position) = 0;
  // All is written, and `bits`, which said what was not, has none set: for the
  // next barrier. New memory at a barrier would have to be found and wiped.
  virtual void TakeBack(SlotBits bits) = 0;
};

}  // namespace millrace
