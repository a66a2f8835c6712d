#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace millrace {

// Looking at JSON text 32 bytes at a time. Every function may read up to 32
// bytes behind `end`: records lie in chunks with Chunk::kPadding behind them.

// Bit i: byte i of the 32 at `at` ends a plain run of a string: a quote, a
// backslash, a control character, or a byte of a multi-byte character (signed
// bytes below the space are both of the last).
inline uint32_t StringStops(const char* at, __m256i* block) {
  *block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i quotes = _mm256_cmpeq_epi8(*block, _mm256_set1_epi8('"'));
  const __m256i slashes = _mm256_cmpeq_epi8(*block, _mm256_set1_epi8('\\'));
  const __m256i others = _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), *block);
  return static_cast<uint32_t>(_mm256_movemask_epi8(
      _mm256_or_si256(_mm256_or_si256(quotes, slashes), others)));
}

// The end of the plain ASCII run at `at`: the first stop, or `end`.
inline const char* SkipPlain(const char* at, const char* end) {
  __m256i block;
  while (at < end) {
    if (const uint32_t stops = StringStops(at, &block); stops != 0) {
      const char* stop = at + __builtin_ctz(stops);
      return stop < end ? stop : end;
    }
    at += 32;
  }
  return end;
}

// The first byte of [at, end) that must be escaped within a JSON string, or
// `end`. Reads nothing behind `end`.
inline const char* SkipUnescaped(const char* at, const char* end) {
  const __m256i last_control = _mm256_set1_epi8(0x1f);
  for (; end - at >= 32; at += 32) {
    const __m256i block =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i quotes = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('"'));
    const __m256i slashes = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\\'));
    const __m256i controls =
        _mm256_cmpeq_epi8(_mm256_min_epu8(block, last_control), block);
    const auto stops = static_cast<uint32_t>(_mm256_movemask_epi8(
        _mm256_or_si256(_mm256_or_si256(quotes, slashes), controls)));
    if (stops != 0) return at + __builtin_ctz(stops);
  }
  for (; at < end; ++at) {
    const auto c = static_cast<uint8_t>(*at);
    if (c == '"' || c == '\\' || c < 0x20) return at;
  }
  return end;
}

// The end of the JSON number at `at`, by the grammar of RFC 8259; null when
// there is none. The caller looks at what follows.
inline const char* SkipNumber(const char* at, const char* end) {
  const auto digits = [end](const char* from) {
    while (from < end && static_cast<uint8_t>(*from - '0') < 10) ++from;
    return from;
  };
  if (at < end && *at == '-') ++at;
  const char* after = digits(at);
  if (after == at || (*at == '0' && after > at + 1)) return nullptr;
  if (after < end && *after == '.') {
    const char* fraction = after + 1;
    after = digits(fraction);
    if (after == fraction) return nullptr;
  }
  if (after < end && (*after == 'e' || *after == 'E')) {
    const char* exponent = after + 1;
    if (exponent < end && (*exponent == '-' || *exponent == '+')) ++exponent;
    after = digits(exponent);
    if (after == exponent) return nullptr;
  }
  return after;
}

inline uint64_t LoadWord(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

// How many of the 8 bytes of `word` are digits before the first that is not;
// `word` holds text XORed with '0's.
inline int CountDigitBytes(uint64_t digits) {
  const uint64_t bad = (digits | (digits + 0x0606060606060606)) &
                       0xF0F0F0F0F0F0F0F0;
  return bad == 0 ? 8 : __builtin_ctzll(bad) >> 3;
}

// The number whose 8 decimal digits are the bytes, first digit lowest.
inline uint64_t EightDigits(uint64_t digits) {
  digits = digits * 10 + (digits >> 8);
  return (((digits & 0x000000FF000000FF) * 0x000F424000000064 +
           ((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001) >>
          32);
}

// Reads an unsigned decimal of 1 to 16 digits without a leading zero; null:
// something else stands there.
inline const char* ReadDigits(const char* at, uint64_t* value) {
  const uint64_t first = LoadWord(at) ^ 0x3030303030303030;
  const int count = CountDigitBytes(first);
  if (count == 0) return nullptr;
  if ((first & 0xFF) == 0 && count > 1) return nullptr;
  *value = EightDigits(count == 8 ? first : first << (64 - 8 * count));
  if (count < 8) return at + count;
  const uint64_t second = LoadWord(at + 8) ^ 0x3030303030303030;
  const int more = CountDigitBytes(second);
  if (more == 0) return at + 8;
  if (more == 8 && static_cast<uint8_t>(at[16] - '0') < 10) return nullptr;
  static constexpr uint64_t kPowers[] = {
      1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  *value = *value * kPowers[more] +
           EightDigits(more == 8 ? second : second << (64 - 8 * more));
  return at + 8 + more;
}

}  // namespace millrace
