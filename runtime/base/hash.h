#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

// XXH3-64 of the bytes, seed 0. A persisted format: key groups, exchanges and
// snapshots depend on it and it never changes.
uint64_t HashBytes(absl::string_view bytes);

// The hash of one 8-byte value, equal to HashBytes of its little-endian bytes
// and much cheaper to inline.
uint64_t HashWord(uint64_t word);

// HashWord of each of `count` words, in one loop.
void HashWords(const uint64_t* words, uint32_t count, uint64_t* hashes);

// The key group of a key's hash: the hash's high bits, so that tables in hash
// order hold each group as one run. REQUIRES: max_parallelism > 0.
inline int32_t KeyGroupOf(uint64_t hash, int32_t max_parallelism) {
  return static_cast<int32_t>(
      (static_cast<unsigned __int128>(hash) * max_parallelism) >> 64);
}

}  // namespace millrace
