#include "runtime/types/decimal_text.h"

#include <algorithm>
#include <cstring>

namespace millrace {
namespace {

using UInt128 = unsigned __int128;

// Writes the digits of `value` before `end`; returns where they begin.
char* WriteDigitsBackwards(UInt128 value, char* end) {
  constexpr uint64_t kChunk = 1'000'000'000'000'000'000;  // 10^18
  while (value >= kChunk) {
    uint64_t part = static_cast<uint64_t>(value % kChunk);
    value /= kChunk;
    for (int i = 0; i < 18; ++i, part /= 10) *--end = '0' + part % 10;
  }
  uint64_t rest = static_cast<uint64_t>(value);
  do {
    *--end = '0' + rest % 10;
    rest /= 10;
  } while (rest != 0);
  return end;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The significant digits of a number and where its point stands.
struct Scan {
  bool negative = false;
  Int128 digits = 0;
  int64_t scale = 0;        // Of `digits`; negative: zeros follow.
  int next_digit = 0;       // The first one that did not fit 38 digits,
  bool any_beyond = false;  // and whether any came after 38.
};

// Reads an exponent behind its letter; huge ones are capped, they decide only
// between zero and overflow.
bool ScanExponent(absl::string_view text, int64_t* exponent) {
  bool negative = false;
  size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    negative = text[at++] == '-';
  }
  if (at == text.size()) return false;
  int64_t value = 0;
  for (; at < text.size(); ++at) {
    if (!IsDigit(text[at])) return false;
    value = std::min<int64_t>(value * 10 + (text[at] - '0'), 1'000'000'000);
  }
  *exponent = negative ? -value : value;
  return true;
}

bool ScanNumber(absl::string_view text, Scan* scan) {
  size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    scan->negative = text[at++] == '-';
  }
  bool seen_digit = false;
  bool seen_point = false;
  int significant = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !seen_point) {
      seen_point = true;
      continue;
    }
    if (!IsDigit(c)) break;
    seen_digit = true;
    if (significant == 0 && c == '0') {
      scan->scale += seen_point;
      continue;
    }
    if (significant < kMaxDecimalDigits) {
      scan->digits = scan->digits * 10 + (c - '0');
      ++significant;
      scan->scale += seen_point;
    } else {
      if (!scan->any_beyond) scan->next_digit = c - '0';
      scan->any_beyond = true;
      scan->scale -= !seen_point;
    }
  }
  if (!seen_digit) return false;
  if (at == text.size()) return true;
  int64_t exponent;
  if ((text[at] != 'e' && text[at] != 'E') ||
      !ScanExponent(text.substr(at + 1), &exponent)) {
    return false;
  }
  scan->scale -= exponent;
  return true;
}

absl::string_view TrimSpaces(absl::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

char* WriteDecimal(Decimal value, char* out) {
  char digits[kMaxDecimalDigits + 2];
  char* const end = digits + sizeof(digits);
  if (value.unscaled < 0) *out++ = '-';
  const UInt128 magnitude = value.unscaled < 0
                                ? -static_cast<UInt128>(value.unscaled)
                                : static_cast<UInt128>(value.unscaled);
  const char* const begin = WriteDigitsBackwards(magnitude, end);
  const int count = static_cast<int>(end - begin);
  const int whole = count - value.scale;
  if (whole > 0) {
    std::memcpy(out, begin, whole);
    out += whole;
    if (value.scale == 0) return out;
    *out++ = '.';
    std::memcpy(out, begin + whole, value.scale);
    return out + value.scale;
  }
  *out++ = '0';
  *out++ = '.';
  std::memset(out, '0', -whole);
  std::memcpy(out - whole, begin, count);
  return out + value.scale;
}

bool ParseDecimal(absl::string_view text, DecimalForm form, Int128* out) {
  Scan scan;
  if (!ScanNumber(TrimSpaces(text), &scan)) return false;
  *out = 0;
  if (scan.digits == 0) return true;
  Int128 value = scan.digits;
  if (scan.scale > form.scale) {
    const int64_t dropped = scan.scale - form.scale;
    if (dropped > kMaxDecimalDigits) return true;  // Less than a half.
    value = DivideHalfUp(value, PowerOfTen(static_cast<int>(dropped)));
  } else {
    const int64_t added = form.scale - scan.scale;
    if (added > kMaxDecimalDigits ||
        !ScaleUp(value, PowerOfTen(static_cast<int>(added)), &value)) {
      return false;
    }
    // 38 digits read, more to come, and none to be dropped: they are the ones
    // to round by.
    if (added == 0 && scan.next_digit >= 5) ++value;
  }
  if (!FitsDecimal(value, form.precision)) return false;
  *out = scan.negative ? -value : value;
  return true;
}

}  // namespace millrace
