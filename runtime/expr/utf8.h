#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace millrace {

// Characters of UTF-8 text. SQL counts characters, which are code points here;
// plain ASCII, where they are bytes, goes eight at a time. Ill-formed bytes do
// no harm: a stray continuation byte belongs to the character before it, any
// other stray byte is a character of its own.

namespace utf8_internal {

inline constexpr uint64_t kHighBits = 0x8080808080808080;

inline uint64_t LoadWord(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

}  // namespace utf8_internal

inline bool IsContinuation(char byte) {
  return static_cast<int8_t>(byte) < -64;
}

inline bool IsAscii(absl::string_view text) {
  namespace internal = utf8_internal;
  const char* at = text.data();
  const char* const end = at + text.size();
  uint64_t seen = 0;
  for (; end - at >= 8; at += 8) seen |= internal::LoadWord(at);
  for (; at < end; ++at) seen |= static_cast<uint8_t>(*at);
  return (seen & internal::kHighBits) == 0;
}

inline int64_t CountCharacters(absl::string_view text) {
  namespace internal = utf8_internal;
  const char* at = text.data();
  const char* const end = at + text.size();
  int64_t continuations = 0;
  for (; end - at >= 8; at += 8) {
    const uint64_t word = internal::LoadWord(at);
    continuations +=
        __builtin_popcountll(word & (~word << 1) & internal::kHighBits);
  }
  for (; at < end; ++at) continuations += IsContinuation(*at) ? 1 : 0;
  return static_cast<int64_t>(text.size()) - continuations;
}

// The byte after the character that begins at `at`. REQUIRES: at < size.
inline size_t NextCharacter(absl::string_view text, size_t at) {
  ++at;
  while (at < text.size() && IsContinuation(text[at])) ++at;
  return at;
}

// The first byte of the character that ends at `at`. REQUIRES: at > 0.
inline size_t PreviousCharacter(absl::string_view text, size_t at) {
  --at;
  while (at > 0 && IsContinuation(text[at])) --at;
  return at;
}

// Where the character `count` characters after byte `at` begins; the size when
// there are not so many.
inline size_t SkipCharacters(absl::string_view text, size_t at,
                             int64_t count) {
  namespace internal = utf8_internal;
  while (count >= 8 && at + 8 <= text.size() &&
         (internal::LoadWord(text.data() + at) & internal::kHighBits) == 0) {
    at += 8;
    count -= 8;
  }
  while (count > 0 && at < text.size()) {
    at = NextCharacter(text, at);
    --count;
  }
  return at;
}

// The first of the last `count` characters; 0 when there are not so many.
inline size_t SkipCharactersBack(absl::string_view text, int64_t count) {
  size_t at = text.size();
  while (count-- > 0 && at > 0) at = PreviousCharacter(text, at);
  return at;
}

// The code point at `*at`, which moves behind it; an ill-formed byte gives
// U+FFFD. REQUIRES: *at < size.
char32_t DecodeCharacter(absl::string_view text, size_t* at);

// Writes `character` (1 to 4 bytes) and returns the end.
char* EncodeCharacter(char32_t character, char* out);
inline constexpr int kMaxCharacterBytes = 4;

}  // namespace millrace
