#include "sql/parser/string_escape.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/source_text.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

std::optional<char32_t> HexValue(absl::string_view digits, size_t count) {
  if (digits.size() < count) return std::nullopt;
  char32_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    const char c = absl::ascii_tolower(digits[i]);
    if (!absl::ascii_isxdigit(c)) return std::nullopt;
    value = value * 16 + (absl::ascii_isdigit(c) ? c - '0' : c - 'a' + 10);
  }
  return value;
}

// Takes `\0041` or `\+01F600` (the escape itself is already taken) off the
// front of `rest`.
std::optional<char32_t> TakeCodePoint(absl::string_view& rest) {
  const bool long_form = !rest.empty() && rest[0] == '+';
  const size_t digits = long_form ? 6 : 4;
  const auto value = HexValue(rest.substr(long_form ? 1 : 0), digits);
  if (value) rest.remove_prefix(digits + (long_form ? 1 : 0));
  return value;
}

bool IsHighSurrogate(char32_t c) { return c >= 0xD800 && c <= 0xDBFF; }
bool IsLowSurrogate(char32_t c) { return c >= 0xDC00 && c <= 0xDFFF; }

}  // namespace

absl::StatusOr<std::string> DecodeUnicode(absl::string_view quoted,
                                          char escape,
                                          const SourceLocation& location) {
  std::string decoded;
  while (!quoted.empty()) {
    const char c = quoted[0];
    quoted.remove_prefix(1);
    if (c != escape) {
      decoded.push_back(c);
      continue;
    }
    if (!quoted.empty() && quoted[0] == escape) {
      decoded.push_back(escape);
      quoted.remove_prefix(1);
      continue;
    }
    auto code_point = TakeCodePoint(quoted);
    if (code_point && IsHighSurrogate(*code_point) && !quoted.empty() &&
        quoted[0] == escape) {
      quoted.remove_prefix(1);
      const auto low = TakeCodePoint(quoted);
      code_point = low && IsLowSurrogate(*low)
                       ? std::optional<char32_t>(
                             0x10000 + ((*code_point - 0xD800) << 10) +
                             (*low - 0xDC00))
                       : std::nullopt;
    }
    if (!code_point || !AppendCodePoint(*code_point, decoded)) {
      const std::string mark(1, escape);
      return SqlError(
          {.code = "SQL-0003",
           .location = location,
           .what = "malformed unicode escape in the string",
           .fix = absl::StrCat("Write ", mark, "0041 (four hex digits), ",
                               mark, "+01F600 (six), or ", mark, mark,
                               " for the character itself")});
    }
  }
  return decoded;
}

absl::StatusOr<std::string> DecodeHex(absl::string_view quoted,
                                      const SourceLocation& location) {
  for (const char c : quoted) {
    if (!absl::ascii_isxdigit(c)) {
      return SqlError({.code = "SQL-0003",
                       .location = location,
                       .what = "a binary literal holds hex digits only",
                       .fix = "Write X'0aff'"});
    }
  }
  if (quoted.size() % 2 != 0) {
    return SqlError({.code = "SQL-0003",
                     .location = location,
                     .what = "a binary literal needs two hex digits a byte",
                     .fix = "Write X'0aff'"});
  }
  return absl::HexStringToBytes(quoted);
}

}  // namespace millrace::sql
