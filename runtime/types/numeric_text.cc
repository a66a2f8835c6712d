#include "runtime/types/numeric_text.h"

#include <charconv>
#include <limits>

#include "absl/strings/match.h"

namespace millrace {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes a sign off the front; true for a minus.
bool TakeSign(absl::string_view* text) {
  if (text->empty() || (text->front() != '-' && text->front() != '+')) {
    return false;
  }
  const bool negative = text->front() == '-';
  text->remove_prefix(1);
  return negative;
}

template <typename T>
bool Read(absl::string_view text, std::chars_format format, T* out,
          std::errc* error) {
  const char* const end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, *out, format);
  *error = code;
  return at == end && code != std::errc::invalid_argument;
}

// Of a text out of a type's range: whether it is too large, not too small.
// True when the first digit that counts stands before 10^0.
bool IsHuge(absl::string_view digits, char exponent_letter) {
  int64_t order = 0;
  bool seen_point = false;
  bool seen_nonzero = false;
  size_t at = 0;
  for (; at < digits.size(); ++at) {
    const char c = digits[at];
    if (c == '.') {
      seen_point = true;
    } else if ((c | 0x20) == exponent_letter) {
      break;
    } else {
      seen_nonzero = seen_nonzero || c != '0';
      if (seen_point && !seen_nonzero) --order;
      if (!seen_point && seen_nonzero) ++order;
    }
  }
  if (at == digits.size()) return order > 0;
  if (exponent_letter == 'p') order *= 4;
  absl::string_view exponent = digits.substr(at + 1);
  const bool negative = TakeSign(&exponent);
  int64_t value = 0;
  for (const char c : exponent) {
    if (value < 1'000'000'000'000) value = value * 10 + (c - '0');
  }
  return order + (negative ? -value : value) > 0;
}

template <typename T>
bool ParseFloating(absl::string_view text, T* out) {
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') {
    text.remove_suffix(1);
  }
  const bool negative = TakeSign(&text);
  T value = 0;
  if (text == "NaN") {
    value = std::numeric_limits<T>::quiet_NaN();
  } else if (text == "Infinity") {
    value = std::numeric_limits<T>::infinity();
  } else {
    const bool hex = absl::StartsWith(text, "0x") ||
                     absl::StartsWith(text, "0X");
    if (hex) {
      text.remove_prefix(2);
      // Java demands the exponent.
      if (text.find_first_of("pP") == absl::string_view::npos) return false;
    }
    if (!text.empty() &&
        absl::string_view("fFdD").find(text.back()) !=
            absl::string_view::npos) {
      text.remove_suffix(1);
    }
    // No "nan" and "inf", which from_chars would take.
    if (text.empty() || (!hex && !IsDigit(text[0]) && text[0] != '.')) {
      return false;
    }
    std::errc error;
    const auto format =
        hex ? std::chars_format::hex : std::chars_format::general;
    if (!Read(text, format, &value, &error)) return false;
    if (error == std::errc::result_out_of_range) {
      value = IsHuge(text, hex ? 'p' : 'e')
                  ? std::numeric_limits<T>::infinity()
                  : T{0};
    }
  }
  *out = negative ? -value : value;
  return true;
}

}  // namespace

template <typename T>
bool ParseInteger(absl::string_view text, T* out) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const bool negative = TakeSign(&text);
  if (text.empty()) return false;
  size_t at = 0;
  // Downwards, for there is one more negative number.
  int64_t value = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) {
    if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
        __builtin_sub_overflow(value, int64_t{text[at] - '0'}, &value)) {
      return false;
    }
  }
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && IsDigit(text[at]); ++at) {
    }
  }
  if (at != text.size()) return false;
  if (!negative) {
    if (value == std::numeric_limits<int64_t>::min()) return false;
    value = -value;
  }
  if (value < std::numeric_limits<T>::min() ||
      value > std::numeric_limits<T>::max()) {
    return false;
  }
  *out = static_cast<T>(value);
  return true;
}

template bool ParseInteger(absl::string_view, int8_t*);
template bool ParseInteger(absl::string_view, int16_t*);
template bool ParseInteger(absl::string_view, int32_t*);
template bool ParseInteger(absl::string_view, int64_t*);

bool ParseDouble(absl::string_view text, double* out) {
  return ParseFloating(text, out);
}

bool ParseFloat(absl::string_view text, float* out) {
  return ParseFloating(text, out);
}

bool ParseBoolean(absl::string_view text, bool* out) {
  for (const char* word : {"t", "true", "y", "yes", "1"}) {
    if (absl::EqualsIgnoreCase(text, word)) return *out = true;
  }
  for (const char* word : {"f", "false", "n", "no", "0"}) {
    if (absl::EqualsIgnoreCase(text, word)) {
      *out = false;
      return true;
    }
  }
  return false;
}

}  // namespace millrace
