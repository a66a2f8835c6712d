// TO_BASE64, FROM_BASE64, ENCODE, DECODE: text as bytes and back.

#include <array>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

constexpr char kBase64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> MakeBase64Values() {
  std::array<int8_t, 256> values{};
  for (int8_t& value : values) value = -1;
  for (int8_t i = 0; i < 64; ++i) {
    values[static_cast<uint8_t>(kBase64[i])] = i;
  }
  return values;
}
constexpr std::array<int8_t, 256> kBase64Values = MakeBase64Values();

void ToBase64Kernel(const KernelCall& call) {
  StringLoop<StringView>(call, [](const StringView& bytes,
                                  StringWriter& writer) {
    const absl::string_view from = bytes.view();
    char* const begin = writer.Reserve((from.size() + 2) / 3 * 4);
    char* out = begin;
    for (size_t at = 0; at < from.size(); at += 3) {
      const size_t count = std::min<size_t>(3, from.size() - at);
      uint32_t bits = 0;
      for (size_t i = 0; i < 3; ++i) {
        bits = bits << 8 |
               (i < count ? static_cast<uint8_t>(from[at + i]) : 0);
      }
      for (size_t i = 0; i < 4; ++i) {
        *out++ = i <= count ? kBase64[(bits >> (18 - 6 * i)) & 63] : '=';
      }
    }
    return writer.Commit(out - begin);
  });
}

// Java's basic decoder: the padding may be missing, but not be wrong. Returns
// the end, null where it refuses.
char* FromBase64(absl::string_view text, char* out) {
  size_t size = text.size();
  while (size > 0 && text[size - 1] == '=') --size;
  const size_t padding = text.size() - size;
  if (padding > 2 || size % 4 == 1 ||
      (padding > 0 && (text.size() % 4 != 0))) {
    return nullptr;
  }
  uint32_t bits = 0;
  for (size_t i = 0; i < size; ++i) {
    const int8_t value = kBase64Values[static_cast<uint8_t>(text[i])];
    if (value < 0) return nullptr;
    bits = bits << 6 | static_cast<uint32_t>(value);
    switch (i % 4) {
      case 1: *out++ = static_cast<char>(bits >> 4); break;
      case 2: *out++ = static_cast<char>(bits >> 2); break;
      case 3: *out++ = static_cast<char>(bits); break;
      default: break;
    }
  }
  return out;
}

void FromBase64Kernel(const KernelCall& call) {
  const Column<StringView> text(*call.args[0]);
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) {
    char* const begin = writer.Reserve(text[row].size());
    char* const end = FromBase64(text[row].view(), begin);
    out[row] = StringView();
    if (end != nullptr) {
      out[row] = writer.Commit(end - begin);
      return;
    }
    FailRow(call, row,
            UserError({.code = "EXP-0106",
                       .what = absl::StrCat("FROM_BASE64 cannot read '",
                                            text[row].view().substr(0, 40),
                                            "'"),
                       .why = "it is not Base64"}));
  });
  call.out->AddChunks(writer.TakeChunks());
}

enum class Charset { kUtf8, kAscii, kLatin1, kUtf16, kUtf16Be, kUtf16Le };

std::optional<Charset> FindCharset(absl::string_view name) {
  struct Named {
    absl::string_view name;
    Charset charset;
  };
  constexpr Named kNames[] = {
      {"UTF-8", Charset::kUtf8},        {"UTF8", Charset::kUtf8},
      {"US-ASCII", Charset::kAscii},    {"ASCII", Charset::kAscii},
      {"ISO-8859-1", Charset::kLatin1}, {"LATIN1", Charset::kLatin1},
      {"UTF-16", Charset::kUtf16},      {"UTF-16BE", Charset::kUtf16Be},
      {"UTF-16LE", Charset::kUtf16Le}};
  for (const Named& known : kNames) {
    if (absl::EqualsIgnoreCase(name, known.name)) return known.charset;
  }
  return std::nullopt;
}

char* PutUnit(uint32_t unit, Charset charset, char* out) {
  const char high = static_cast<char>(unit >> 8);
  const char low = static_cast<char>(unit);
  const bool little = charset == Charset::kUtf16Le;
  *out++ = little ? low : high;
  *out++ = little ? high : low;
  return out;
}

// What the charset lacks is a question mark. `out` has room for twice the text
// and two bytes.
char* EncodeText(absl::string_view text, Charset charset, char* out) {
  if (charset == Charset::kUtf16) out = PutUnit(0xFEFF, charset, out);
  for (size_t at = 0; at < text.size();) {
    const char32_t character = DecodeCharacter(text, &at);
    const char32_t most = charset == Charset::kAscii ? 0x7F : 0xFF;
    if (charset == Charset::kUtf8) {
      out = EncodeCharacter(character, out);
    } else if (charset == Charset::kAscii || charset == Charset::kLatin1) {
      *out++ = static_cast<char>(character <= most ? character : U'?');
    } else if (character < 0x10000) {
      out = PutUnit(character, charset, out);
    } else {
      out = PutUnit(0xD7C0 + (character >> 10), charset, out);
      out = PutUnit(0xDC00 + (character & 0x3FF), charset, out);
    }
  }
  return out;
}

// What is no character is U+FFFD. `out` has room for three times the bytes.
char* DecodeText(absl::string_view bytes, Charset charset, char* out) {
  constexpr char32_t kReplacement = 0xFFFD;
  if (charset == Charset::kUtf8) {
    for (size_t at = 0; at < bytes.size();) {
      out = EncodeCharacter(DecodeCharacter(bytes, &at), out);
    }
    return out;
  }
  if (charset == Charset::kAscii || charset == Charset::kLatin1) {
    for (const char c : bytes) {
      const uint8_t byte = static_cast<uint8_t>(c);
      const bool known = byte < 0x80 || charset == Charset::kLatin1;
      out = EncodeCharacter(known ? byte : kReplacement, out);
    }
    return out;
  }
  bool little = charset == Charset::kUtf16Le;
  const auto unit = [&](size_t at) -> char32_t {
    const uint8_t first = static_cast<uint8_t>(bytes[at]);
    const uint8_t second = static_cast<uint8_t>(bytes[at + 1]);
    return little ? second << 8 | first : first << 8 | second;
  };
  size_t at = 0;
  if (charset == Charset::kUtf16 && bytes.size() >= 2) {
    little = unit(0) == 0xFFFE;
    if (unit(0) == 0xFEFF) at = 2;
  }
  for (; at + 2 <= bytes.size(); at += 2) {
    char32_t character = unit(at);
    if (character >= 0xD800 && character < 0xE000) {
      const char32_t low = at + 4 <= bytes.size() ? unit(at + 2) : 0;
      if (character < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
        character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      } else {
        character = kReplacement;
      }
    }
    out = EncodeCharacter(character, out);
  }
  return at < bytes.size() ? EncodeCharacter(kReplacement, out) : out;
}

using Conversion = char* (*)(absl::string_view, Charset, char*);

template <Conversion convert>
void CharsetKernel(const KernelCall& call) {
  const Column<StringView> from(*call.args[0]);
  const Column<StringView> name(*call.args[1]);
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) {
    const auto charset = FindCharset(name[row].view());
    out[row] = StringView();
    if (!charset) {
      FailRow(call, row,
              UserError({.code = "EXP-0107",
                         .what = absl::StrCat("Unsupported encoding: ",
                                              name[row].view()),
                         .fix = "Use UTF-8, US-ASCII, ISO-8859-1, UTF-16, "
                                "UTF-16BE or UTF-16LE"}));
      return;
    }
    char* const begin = writer.Reserve(from[row].size() * size_t{3} + 4);
    out[row] =
        writer.Commit(convert(from[row].view(), *charset, begin) - begin);
  });
  call.out->AddChunks(writer.TakeChunks());
}

}  // namespace

void RegisterStringEncodingFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType bytes = LogicalType::Bytes();
  registry.Add(Entry("TO_BASE64", "TO_BASE64(string)",
                     {{{text}, text}, {{bytes}, text}}, ToBase64Kernel));
  registry.Add(Entry("FROM_BASE64", "FROM_BASE64(string)",
                     {{{text}, text}, {{bytes}, text}}, FromBase64Kernel));
  registry.Add(Entry("ENCODE", "ENCODE(string, charset)",
                     {{.args = {text, text},
                       .result = bytes,
                       .always_nullable = true}},
                     CharsetKernel<EncodeText>));
  registry.Add(Entry("DECODE", "DECODE(binary, charset)",
                     {{.args = {bytes, text},
                       .result = text,
                       .always_nullable = true}},
                     CharsetKernel<DecodeText>));
}

}  // namespace millrace
