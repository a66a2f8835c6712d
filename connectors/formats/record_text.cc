#include "connectors/formats/record_text.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "runtime/types/decimal_text.h"

namespace millrace {
namespace {

constexpr size_t kExcerptBytes = 64;

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) >> 6) == 2; }

// Bytes of the character that `text` begins with; 0: it is none.
size_t CharacterBytes(absl::string_view text) {
  const uint8_t lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return 1;
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  const uint8_t second = static_cast<uint8_t>(text[1]);
  const bool bad = (lead == 0xE0 && second < 0xA0) ||
                   (lead == 0xED && second > 0x9F) ||
                   (lead == 0xF0 && second < 0x90) ||
                   (lead == 0xF4 && second > 0x8F);
  return bad ? 0 : bytes;
}

}  // namespace

size_t FirstInvalidUtf8(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    // Mostly ASCII: eight bytes at a time.
    uint64_t word = 0;
    while (at + 8 <= text.size()) {
      std::memcpy(&word, text.data() + at, 8);
      if ((word & 0x8080808080808080) != 0) break;
      at += 8;
    }
    if (at == text.size()) break;
    const size_t bytes = CharacterBytes(text.substr(at));
    if (bytes == 0) return at;
    at += bytes;
  }
  return at;
}

std::string Excerpt(absl::string_view text) {
  if (text.size() <= kExcerptBytes) return std::string(text);
  size_t end = kExcerptBytes;
  while (end > 0 && IsContinuation(text[end])) --end;
  return absl::StrCat(text.substr(0, end), "...");
}

namespace {

// The same value with as few digits as can be; the scale may become negative.
Decimal WithoutTrailingZeros(Decimal value) {
  if (value.unscaled == 0) return {0, 0};
  // Most fit 64 bits, whose divisions are some ten times as fast.
  auto small = static_cast<int64_t>(value.unscaled);
  if (small == value.unscaled) {
    for (; small % 10 == 0; small /= 10) --value.scale;
    return {small, value.scale};
  }
  while (value.unscaled % 10 == 0) {
    value.unscaled /= 10;
    --value.scale;
  }
  return value;
}

}  // namespace

void AppendDecimalText(Decimal value, bool with_exponent, std::string& out) {
  char text[kMaxDecimalTextLength];
  if (!with_exponent) {
    out.append(text, WriteDecimal(value, text));
    return;
  }
  value = WithoutTrailingZeros(value);
  const int digits = CountDigits(value.unscaled);
  const int exponent = digits - 1 - value.scale;
  if (value.scale >= 0 && exponent >= -6) {
    out.append(text, WriteDecimal(value, text));
    return;
  }
  std::string mantissa(text, WriteDecimal({value.unscaled, 0}, text));
  if (digits > 1) mantissa.insert(value.unscaled < 0 ? 2 : 1, ".");
  absl::StrAppend(&out, mantissa, exponent > 0 ? "E+" : "E", exponent);
}

}  // namespace millrace
