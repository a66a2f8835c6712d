// CHAR_LENGTH, UPPER, LOWER, INITCAP, REVERSE, ASCII, CHR, HASH_CODE.

#include <wctype.h>

#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/unicode_locale.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

enum class Case { kUpper, kLower };

// Flips bit 5 of every byte that is a letter of the other case; bytes above
// ASCII stay.
template <Case to>
uint64_t ConvertWord(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x8080808080808080;
  constexpr char kFirst = to == Case::kLower ? 'A' : 'a';
  constexpr char kLast = to == Case::kLower ? 'Z' : 'z';
  const uint64_t low_bits = word & ~kHigh;
  const uint64_t from_first = low_bits + kOnes * (0x80 - kFirst);
  const uint64_t behind_last = low_bits + kOnes * (0x7F - kLast);
  const uint64_t letters = (from_first & ~behind_last & ~word) & kHigh;
  return word ^ (letters >> 2);
}

template <Case to>
void ConvertAscii(absl::string_view text, char* out) {
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    const uint64_t word =
        ConvertWord<to>(utf8_internal::LoadWord(text.data() + at));
    std::memcpy(out + at, &word, sizeof(word));
  }
  if (at < text.size()) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, text.size() - at);
    word = ConvertWord<to>(word);
    std::memcpy(out + at, &word, text.size() - at);
  }
}

template <Case to>
StringView ConvertUnicode(absl::string_view text, StringWriter& writer) {
  const locale_t locale = UnicodeLocale();
  // One character may become two of three bytes.
  char* const begin = writer.Reserve(text.size() * 3 + kMaxCharacterBytes);
  char* out = begin;
  for (size_t at = 0; at < text.size();) {
    const char32_t character = DecodeCharacter(text, &at);
    if (to == Case::kUpper && character == U'ß') {
      *out++ = 'S';
      *out++ = 'S';
    } else if (locale == static_cast<locale_t>(nullptr)) {
      out = EncodeCharacter(character, out);
    } else {
      const wint_t wide = static_cast<wint_t>(character);
      out = EncodeCharacter(to == Case::kUpper ? towupper_l(wide, locale)
                                               : towlower_l(wide, locale),
                            out);
    }
  }
  return writer.Commit(out - begin);
}

// Strings of up to 12 bytes never leave the registers.
template <Case to>
StringView Convert(const StringView& text, StringWriter& writer) {
  constexpr uint64_t kPrefix = 0xFFFFFFFF00000000;  // Behind the length.
  if (text.is_inline()) {
    uint64_t words[2];
    std::memcpy(words, &text, sizeof(words));
    const uint64_t prefix = words[0] & kPrefix;
    if (((prefix | words[1]) & utf8_internal::kHighBits) == 0) [[likely]] {
      words[0] = (words[0] & ~kPrefix) | ConvertWord<to>(prefix);
      words[1] = ConvertWord<to>(words[1]);
      StringView converted;
      std::memcpy(static_cast<void*>(&converted), words, sizeof(words));
      return converted;
    }
    return ConvertUnicode<to>(text.view(), writer);
  }
  const absl::string_view view = text.view();
  if (!IsAscii(view)) [[unlikely]] return ConvertUnicode<to>(view, writer);
  ConvertAscii<to>(view, writer.Reserve(view.size()));
  return writer.Commit(view.size());
}

template <Case to>
void ConvertKernel(const KernelCall& call) {
  StringLoop<StringView>(call, [](const StringView& text,
                                  StringWriter& writer) {
    return Convert<to>(text, writer);
  });
}

void CharLengthKernel(const KernelCall& call) {
  UnaryLoop<int32_t, StringView>(call, [](const StringView& text) {
    return static_cast<int32_t>(CountCharacters(text.view()));
  });
}

bool IsLetter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Words are runs of ASCII letters and digits; other characters stay.
void InitCapKernel(const KernelCall& call) {
  StringLoop<StringView>(call, [](const StringView& text,
                                  StringWriter& writer) {
    const absl::string_view from = text.view();
    char* const out = writer.Reserve(from.size());
    bool starts = true;
    for (size_t i = 0; i < from.size(); ++i) {
      const char c = from[i];
      out[i] = c;
      if (IsLetter(c)) {
        out[i] = static_cast<char>(starts ? c & ~0x20 : c | 0x20);
        starts = false;
      } else {
        starts = !IsDigit(c);
      }
    }
    return writer.Commit(from.size());
  });
}

void ReverseKernel(const KernelCall& call) {
  StringLoop<StringView>(call, [](const StringView& text,
                                  StringWriter& writer) {
    const absl::string_view from = text.view();
    char* const begin = writer.Reserve(from.size());
    char* out = begin + from.size();
    for (size_t at = 0; at < from.size();) {
      const size_t next = NextCharacter(from, at);
      out -= next - at;
      std::memcpy(out, from.data() + at, next - at);
      at = next;
    }
    return writer.Commit(from.size());
  });
}

// The first byte, signed as Java's bytes are.
void AsciiKernel(const KernelCall& call) {
  UnaryLoop<int32_t, StringView>(call, [](const StringView& text) {
    return text.size() == 0 ? 0 : static_cast<int8_t>(text.data()[0]);
  });
}

// The character of the lowest byte.
void ChrKernel(const KernelCall& call) {
  StringLoop<int64_t>(call, [](int64_t number, StringWriter&) {
    if (number < 0) return StringView();
    char bytes[kMaxCharacterBytes];
    const char* const end =
        EncodeCharacter(static_cast<char32_t>(number & 0xFF), bytes);
    return StringView(absl::string_view(bytes, end - bytes));
  });
}

// The magnitude of Java's String.hashCode, over UTF-16 units.
void HashCodeKernel(const KernelCall& call) {
  UnaryLoop<int32_t, StringView>(call, [](const StringView& text) {
    const absl::string_view from = text.view();
    uint32_t hash = 0;
    for (size_t at = 0; at < from.size();) {
      const char32_t character = DecodeCharacter(from, &at);
      if (character >= 0x10000) {
        hash = hash * 31 + (0xD7C0 + (character >> 10));
        hash = hash * 31 + (0xDC00 + (character & 0x3FF));
      } else {
        hash = hash * 31 + character;
      }
    }
    const int32_t value = static_cast<int32_t>(hash);
    return static_cast<int32_t>(value < 0 ? 0u - hash : hash);
  });
}

}  // namespace

void RegisterStringCaseFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType integer = LogicalType::Integer();
  const LogicalType number = LogicalType::BigInt();
  registry.Add(Entry("CHAR_LENGTH", "CHAR_LENGTH(string)", {{{text}, integer}},
                     CharLengthKernel));
  registry.AddAlias("CHARACTER_LENGTH", "CHAR_LENGTH");
  registry.Add(Entry("UPPER", "UPPER(string)", {{{text}, text}},
                     ConvertKernel<Case::kUpper>));
  registry.Add(Entry("LOWER", "LOWER(string)", {{{text}, text}},
                     ConvertKernel<Case::kLower>));
  registry.Add(
      Entry("INITCAP", "INITCAP(string)", {{{text}, text}}, InitCapKernel));
  registry.Add(
      Entry("REVERSE", "REVERSE(string)", {{{text}, text}}, ReverseKernel));
  registry.Add(
      Entry("ASCII", "ASCII(string)", {{{text}, integer}}, AsciiKernel));
  registry.Add(Entry("CHR", "CHR(integer)", {{{number}, text}}, ChrKernel));
  registry.Add(Entry("HASH_CODE", "HASH_CODE(string)", {{{text}, integer}},
                     HashCodeKernel));
}

}  // namespace millrace
