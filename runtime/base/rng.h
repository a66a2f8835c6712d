#pragma once

#include <cstdint>

namespace millrace {

// A seeded pseudo-random generator (SplitMix64, Steele et al. 2014): the same
// seed yields the same numbers on every machine, for ever. Not for secrets.
class Rng {
 public:
  explicit constexpr Rng(uint64_t seed) : state_(seed) {}

  // Uniform over all 64-bit values.
  constexpr uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15ull;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  // Uniform in [0, limit). REQUIRES: limit > 0. The bias is below limit / 2^64.
  constexpr uint64_t Below(uint64_t limit) {
    return static_cast<uint64_t>(
        (static_cast<unsigned __int128>(Next()) * limit) >> 64);
  }

  // Uniform in [0, 1), with 53 bits.
  constexpr double Unit() { return (Next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

}  // namespace millrace
