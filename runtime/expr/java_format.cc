#include "runtime/expr/java_format.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

constexpr int kMostWidth = 1 << 16;  // More is a mistake; see REPEAT.

// Digits at `*at`; -1: none, or too many to make sense.
int ReadNumber(absl::string_view format, size_t* at) {
  int number = -1;
  while (*at < format.size() && absl::ascii_isdigit(format[*at])) {
    number = std::max(number, 0) * 10 + (format[*at] - '0');
    if (number > kMostWidth) return -1;
    ++*at;
  }
  return number;
}

bool SetFlag(char c, FormatSpec* spec) {
  switch (c) {
    case '-': spec->left = true; return true;
    case '0': spec->zeros = true; return true;
    case '+': spec->plus = true; return true;
    case ' ': spec->space = true; return true;
    case ',': spec->comma = true; return true;
    case '(': spec->parentheses = true; return true;
    default: return false;
  }
}

void Pad(absl::string_view text, const FormatSpec& spec, std::string& out) {
  const int64_t missing =
      std::max<int64_t>(0, spec.width - CountCharacters(text));
  if (!spec.left) out.append(missing, ' ');
  out.append(text.data(), text.size());
  if (spec.left) out.append(missing, ' ');
}

std::string Grouped(absl::string_view digits) {
  const size_t whole = std::min(digits.find('.'), digits.size());
  std::string grouped;
  for (size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  grouped.append(digits.data() + whole, digits.size() - whole);
  return grouped;
}

}  // namespace

bool ParseFormatSpec(absl::string_view format, size_t* at,
                     FormatSpec* spec) {
  const size_t begin = *at;
  const int index = ReadNumber(format, at);
  if (index > 0 && format.substr(*at, 1) == "$") {
    spec->index = index;
    ++*at;
  } else {
    *at = begin;
  }
  while (*at < format.size() && SetFlag(format[*at], spec)) ++*at;
  spec->width = std::max(ReadNumber(format, at), 0);
  if (format.substr(*at, 1) == ".") {
    ++*at;
    spec->precision = ReadNumber(format, at);
    if (spec->precision < 0) return false;
  }
  if (*at >= format.size()) return false;
  spec->conversion = format[(*at)++];
  return absl::string_view("bBcCdeEfnosSxX%").find(spec->conversion) !=
         absl::string_view::npos;
}

void AppendFormatted(absl::string_view text, const FormatSpec& spec,
                     std::string& out) {
  if (spec.precision >= 0) {
    text = text.substr(0, SkipCharacters(text, 0, spec.precision));
  }
  if (absl::ascii_isupper(spec.conversion)) {
    Pad(absl::AsciiStrToUpper(text), spec, out);
  } else {
    Pad(text, spec, out);
  }
}

void AppendNumber(absl::string_view digits, bool negative,
                  const FormatSpec& spec, std::string& out) {
  std::string body =
      spec.comma ? Grouped(digits)
                 : std::string(digits.data(), digits.size());
  absl::string_view sign = negative           ? "-"
                           : spec.plus        ? "+"
                           : spec.space       ? " "
                                              : "";
  const bool wrapped = negative && spec.parentheses;
  if (wrapped) sign = "(";
  const size_t taken = body.size() + sign.size() + (wrapped ? 1 : 0);
  if (spec.zeros && taken < static_cast<size_t>(spec.width)) {
    body.insert(0, spec.width - taken, '0');
  }
  body.insert(0, sign.data(), sign.size());
  if (wrapped) body += ')';
  Pad(body, spec, out);
}

}  // namespace millrace
