// JSON_QUOTE, JSON_UNQUOTE: a text as a JSON string and back. JSON_VALUE and
// JSON_EXISTS without further clauses: NULL and FALSE for what is not there.

#include <cstring>

#include "runtime/base/status_macros.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/json_path.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

constexpr absl::string_view kEscaped = "\"\\/\b\f\n\r\t";
constexpr absl::string_view kLetters = "\"\\/bfnrt";

// Of one UTF-16 unit: "\u2260".
char* PutUnit(uint32_t unit, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  *out++ = '\\';
  *out++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) {
    *out++ = kDigits[(unit >> shift) & 15];
  }
  return out;
}

// Everything beyond printable ASCII is escaped; a slash is not.
void QuoteKernel(const KernelCall& call) {
  StringLoop<StringView>(call, [](const StringView& text,
                                  StringWriter& writer) {
    const absl::string_view from = text.view();
    char* const begin = writer.Reserve(from.size() * 6 + 2);
    char* out = begin;
    *out++ = '"';
    for (size_t at = 0; at < from.size();) {
      const char32_t character = DecodeCharacter(from, &at);
      const size_t known =
          character < 0x80 && character != '/'
              ? kEscaped.find(static_cast<char>(character))
              : absl::string_view::npos;
      if (known != absl::string_view::npos) {
        *out++ = '\\';
        *out++ = kLetters[known];
      } else if (character >= 0x10000) {
        out = PutUnit(0xD7C0 + (character >> 10), out);
        out = PutUnit(0xDC00 + (character & 0x3FF), out);
      } else if (character < 0x20 || character > 0x7E) {
        out = PutUnit(character, out);
      } else {
        *out++ = static_cast<char>(character);
      }
    }
    *out++ = '"';
    return writer.Commit(out - begin);
  });
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Four digits from `at` on, which moves; -1: there are none.
int ReadUnit(absl::string_view text, size_t* at) {
  if (*at + 4 > text.size()) return -1;
  int unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int value = HexValue(text[(*at)++]);
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

// The end of the text between the quotes; null: an escape is none of JSON's.
char* Unquote(absl::string_view inside, char* out) {
  for (size_t at = 0; at < inside.size();) {
    if (inside[at] != '\\') {
      *out++ = inside[at++];
      continue;
    }
    if (++at >= inside.size()) return nullptr;
    const char letter = inside[at++];
    if (letter != 'u') {
      const size_t known = kLetters.find(letter);
      if (known == absl::string_view::npos) return nullptr;
      *out++ = kEscaped[known];
      continue;
    }
    const int unit = ReadUnit(inside, &at);
    if (unit < 0) return nullptr;
    char32_t character = static_cast<char32_t>(unit);
    if (unit >= 0xD800 && unit < 0xDC00 && inside.substr(at, 2) == "\\u") {
      size_t behind = at + 2;
      const int low = ReadUnit(inside, &behind);
      if (low >= 0xDC00 && low < 0xE000) {
        character = 0x10000 + ((character - 0xD800) << 10) +
                    (static_cast<char32_t>(low) - 0xDC00);
        at = behind;
      }
    }
    out = EncodeCharacter(character, out);
  }
  return out;
}

// What does not stand in quotes, or is broken between them, stays as it is.
void UnquoteKernel(const KernelCall& call) {
  const Column<StringView> texts(*call.args[0]);
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  ShareChunks(call, 0);
  call.rows.ForEach([&](uint32_t row) {
    const absl::string_view text = texts[row].view();
    out[row] = texts[row];
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return;
    char* const begin = writer.Reserve(text.size());
    char* const end = Unquote(text.substr(1, text.size() - 2), begin);
    if (end != nullptr) out[row] = writer.Commit(end - begin);
  });
  call.out->AddChunks(writer.TakeChunks());
}

// A path must be a literal, so that it is read once.
absl::StatusOr<JsonPath> LiteralPath(absl::string_view function,
                                     const ArgumentInfo& arg) {
  const std::string* const path = LiteralText(arg);
  if (path == nullptr) {
    return BadLiteral(function, "a path that is computed",
                      "it is compiled once for the whole job",
                      "Write the path as a literal, '$.a.b[0]'");
  }
  auto compiled = JsonPath::Compile(*path);
  if (!compiled.ok()) {
    return BadLiteral(function, *path, compiled.status().message(),
                      "Name one value, '$.a.b[0]'");
  }
  return compiled;
}

// The text of a scalar; NULL for JSON's null, objects and arrays. Only strings
// with escapes are copied.
absl::StatusOr<std::unique_ptr<Kernel>> JsonValueFactory(
    const KernelSource& source) {
  ASSIGN_OR_RETURN(JsonPath path, LiteralPath("JSON_VALUE", source.args[1]));
  return MakeKernel([path = std::move(path)](const KernelCall& call) {
    const Column<StringView> texts(*call.args[0]);
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    ShareChunks(call, 0);
    call.rows.ForEach([&](uint32_t row) {
      out[row] = StringView();
      auto found = path.Find(texts[row].view());
      if (!found || found->front() == '{' || found->front() == '[' ||
          *found == "null") {
        call.out->SetNull(row);
      } else if (found->front() != '"') {
        out[row] = StringView(*found);
      } else {
        const absl::string_view inside = found->substr(1, found->size() - 2);
        if (inside.find('\\') == absl::string_view::npos) {
          out[row] = StringView(inside);
          return;
        }
        char* const begin = writer.Reserve(inside.size());
        char* const end = Unquote(inside, begin);
        if (end == nullptr) {
          call.out->SetNull(row);
        } else {
          out[row] = writer.Commit(end - begin);
        }
      }
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

absl::StatusOr<std::unique_ptr<Kernel>> JsonExistsFactory(
    const KernelSource& source) {
  ASSIGN_OR_RETURN(JsonPath path, LiteralPath("JSON_EXISTS", source.args[1]));
  return MakeKernel([path = std::move(path)](const KernelCall& call) {
    UnaryLoop<uint8_t, StringView>(call, [&](const StringView& text) {
      return static_cast<uint8_t>(path.Find(text.view()).has_value());
    });
  });
}

}  // namespace

void RegisterStringJsonFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  registry.Add(Entry("JSON_QUOTE", "JSON_QUOTE(string)", {{{text}, text}},
                     QuoteKernel));
  registry.Add(Entry("JSON_UNQUOTE", "JSON_UNQUOTE(string)",
                     {{{text}, text}}, UnquoteKernel));
  registry.Add(PreparedEntry(
      "JSON_VALUE", "JSON_VALUE(json, path)",
      {{.args = {text, text}, .result = text, .always_nullable = true}},
      JsonValueFactory));
  registry.Add(PreparedEntry("JSON_EXISTS", "JSON_EXISTS(json, path)",
                             {{{text, text}, LogicalType::Boolean()}},
                             JsonExistsFactory));
}

}  // namespace millrace
