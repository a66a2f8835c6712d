#pragma once

#include <cstdint>

namespace millrace {

// The order in which an open table's entries are looked at to be evicted: every
// place once in `mask` + 1 steps, eight neighbours at a time.
//
// Not one after the other: tables lie in the order of their hashes, and new
// entries come everywhere. Behind a hand that goes through them in order it
// would be empty, and before it twice as full as on the average, which is
// fuller than full: entries would lie hundreds of thousands of places from
// their homes.
// REQUIRES: mask + 1 is a power of two, 8 or more.
inline uint64_t ScatteredPlace(uint64_t step, uint64_t mask) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  return ((step >> 3) * kOdd & mask >> 3) << 3 | (step & 7);
}

}  // namespace millrace
