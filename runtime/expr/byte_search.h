#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace millrace {

// Calls `visit(place)` for each `byte` of `text`, in order, until it says
// false. By hand because the pieces of a path or a list are short: a call of
// memchr for each costs more than the bytes it looks at.
template <typename Visit>
inline void ForEachByte(absl::string_view text, char byte, Visit&& visit) {
  size_t at = 0;
#if defined(__AVX2__)
  const __m256i wanted = _mm256_set1_epi8(byte);
  for (; at + 32 <= text.size(); at += 32) {
    const __m256i block = _mm256_loadu_si256(
        reinterpret_cast<const __m256i*>(text.data() + at));
    uint32_t found = static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(block, wanted)));
    while (found != 0) {
      if (!visit(at + __builtin_ctz(found))) return;
      found &= found - 1;
    }
  }
#endif
  // Eight at a time; bytes below and above 0x80 alike.
  constexpr uint64_t kLow = 0x7F7F7F7F7F7F7F7F;
  const uint64_t pattern =
      0x0101010101010101 * static_cast<uint8_t>(byte);
  while (at < text.size()) {
    const size_t rest = text.size() - at;
    uint64_t word = ~pattern;
    std::memcpy(&word, text.data() + at, rest < 8 ? rest : 8);
    const uint64_t differs = word ^ pattern;
    uint64_t found = ~(((differs & kLow) + kLow) | differs | kLow);
    while (found != 0) {
      if (!visit(at + __builtin_ctzll(found) / 8)) return;
      found &= found - 1;
    }
    at += 8;
  }
}

// The first place of `what` from byte `from` on; npos: none. Looks at its first
// and last byte 32 places at once, because library searches either prepare
// tables or stop at every first byte, and texts here are short.
size_t FindBytes(absl::string_view text, absl::string_view what,
                 size_t from = 0);

}  // namespace millrace
