#include "runtime/expr/utf8.h"

namespace millrace {

char32_t DecodeCharacter(absl::string_view text, size_t* at) {
  constexpr char32_t kReplacement = 0xFFFD;
  const size_t begin = *at;
  const size_t end = NextCharacter(text, begin);
  *at = end;
  const uint8_t lead = static_cast<uint8_t>(text[begin]);
  if (lead < 0x80) return end == begin + 1 ? lead : kReplacement;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || end - begin != length) {
    return kReplacement;
  }
  char32_t character = lead & (0x7F >> length);
  for (size_t i = begin + 1; i < end; ++i) {
    character = (character << 6) | (static_cast<uint8_t>(text[i]) & 0x3F);
  }
  return character;
}

char* EncodeCharacter(char32_t character, char* out) {
  if (character < 0x80) {
    *out++ = static_cast<char>(character);
    return out;
  }
  if (character < 0x800) {
    *out++ = static_cast<char>(0xC0 | (character >> 6));
  } else {
    if (character < 0x10000) {
      *out++ = static_cast<char>(0xE0 | (character >> 12));
    } else {
      *out++ = static_cast<char>(0xF0 | (character >> 18));
      *out++ = static_cast<char>(0x80 | ((character >> 12) & 0x3F));
    }
    *out++ = static_cast<char>(0x80 | ((character >> 6) & 0x3F));
  }
  *out++ = static_cast<char>(0x80 | (character & 0x3F));
  return out;
}

}  // namespace millrace
