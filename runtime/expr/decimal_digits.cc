#include "runtime/expr/decimal_digits.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "runtime/types/decimal.h"
#include "runtime/types/java_number_text.h"

namespace millrace {
namespace {

// 0.d1d2d3... * 10^point, as printed.
struct Digits {
  char digits[kMaxJavaNumberLength + 1];
  int count = 0;
  int point = 0;
};

// Of "123.45", "1.2345E-5": digits in front of the dot count for the point,
// the exponent is added.
Digits DigitsOf(double positive) {
  char text[kMaxJavaNumberLength];
  const char* const end = WriteJavaDouble(positive, text);
  Digits result;
  bool behind_dot = false;
  for (const char* at = text; at < end; ++at) {
    if (*at == '.') {
      behind_dot = true;
    } else if (*at == 'E') {
      int exponent = 0;
      std::from_chars(at + 1, end, exponent);
      result.point += exponent;
      break;
    } else {
      result.digits[result.count++] = *at;
      result.point += behind_dot ? 0 : 1;
    }
  }
  return result;
}

// Adds one to the last of the digits; a carry out of the first is a new one.
void RoundUp(Digits& number) {
  int i = number.count - 1;
  while (i >= 0 && number.digits[i] == '9') number.digits[i--] = '0';
  if (i >= 0) {
    ++number.digits[i];
    return;
  }
  std::copy_backward(number.digits, number.digits + number.count,
                     number.digits + number.count + 1);
  number.digits[0] = '1';
  ++number.count;
  ++number.point;
}

double ValueOf(const Digits& number) {
  if (number.count == 0) return 0;
  char text[kMaxJavaNumberLength + 16];
  char* at = std::copy_n(number.digits, number.count, text);
  *at++ = 'e';
  at = std::to_chars(at, text + sizeof(text), number.point - number.count).ptr;
  double value = 0;
  std::from_chars(text, at, value);
  return value;
}

}  // namespace

double CutDouble(double value, int64_t places, CutDigits how) {
  if (!std::isfinite(value) || value == 0) return value;
  Digits number = DigitsOf(std::fabs(value));
  const int64_t kept = number.point + std::clamp<int64_t>(places, -400, 400);
  if (kept >= number.count) return value;
  if (kept < 0) return 0;
  const bool up =
      how == CutDigits::kHalfUp && number.digits[kept] >= '5';
  number.count = static_cast<int>(kept);
  if (up) RoundUp(number);
  return std::copysign(ValueOf(number), value) + 0.0;
}

int64_t CutInteger(int64_t value, int64_t places, CutDigits how) {
  if (places >= 0) return value;
  if (places < -18) return 0;
  const Int128 unit = PowerOfTen(static_cast<int>(-places));
  const Int128 cut = how == CutDigits::kHalfUp
                         ? DivideHalfUp(static_cast<Int128>(value), unit)
                         : static_cast<Int128>(value) / unit;
  return static_cast<int64_t>(cut * unit);
}

}  // namespace millrace
