#include "runtime/expr/byte_search.h"

namespace millrace {

size_t FindBytes(absl::string_view text, absl::string_view what,
                 size_t from) {
  if (what.size() < 2) return text.find(what, from);
#if defined(__AVX2__)
  constexpr size_t kBlock = 32;
  if (from > text.size()) return absl::string_view::npos;
  const size_t behind = what.size() - 1;
  if (text.size() - from >= kBlock + behind) {
    const __m256i first = _mm256_set1_epi8(what.front());
    const __m256i last = _mm256_set1_epi8(what.back());
    const size_t last_block = text.size() - behind - kBlock;
    for (size_t at = from;; at += kBlock) {
      // The last block may overlap the one before, which had no match.
      if (at > last_block) at = last_block;
      const char* const block = text.data() + at;
      const __m256i heads = _mm256_cmpeq_epi8(
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block)), first);
      const __m256i tails = _mm256_cmpeq_epi8(
          _mm256_loadu_si256(
              reinterpret_cast<const __m256i*>(block + behind)),
          last);
      uint32_t found = static_cast<uint32_t>(
          _mm256_movemask_epi8(_mm256_and_si256(heads, tails)));
      for (; found != 0; found &= found - 1) {
        const size_t place = at + __builtin_ctz(found);
        if (std::memcmp(text.data() + place + 1, what.data() + 1,
                        behind - 1) == 0) {
          return place;
        }
      }
      if (at == last_block) return absl::string_view::npos;
    }
  }
#endif
  return text.find(what, from);
}

}  // namespace millrace
