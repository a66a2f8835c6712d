#include "runtime/types/java_number_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "runtime/types/java_digits.h"

namespace millrace {
namespace {

char* Append(const char* text, size_t size, char* out) {
  std::memcpy(out, text, size);
  return out + size;
}

char* Zeros(int count, char* out) {
  std::memset(out, '0', count);
  return out + count;
}

// "123.45", "0.00123" or "1.2345E10", as the magnitude demands.
char* Layout(const JavaDigits& number, char* out) {
  const char* digits = number.digits;
  const int count = number.count;
  const int point = number.point;
  if (point > 0 && point < 8) {
    const int whole = std::min(count, point);
    out = Zeros(point - whole, Append(digits, whole, out));
    *out++ = '.';
    if (count <= point) return Append("0", 1, out);
    return Append(digits + point, count - point, out);
  }
  if (point <= 0 && point > -3) {
    out = Zeros(-point, Append("0.", 2, out));
    return Append(digits, count, out);
  }
  *out++ = digits[0];
  *out++ = '.';
  out = count > 1 ? Append(digits + 1, count - 1, out) : Append("0", 1, out);
  *out++ = 'E';
  return std::to_chars(out, out + 5, point - 1).ptr;
}

// T is double or float. `explicit_bits` are the mantissa's stored ones.
template <typename T, typename Bits>
char* Write(T value, int explicit_bits, char* out) {
  if (std::isnan(value)) return Append("NaN", 3, out);
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  if (std::isinf(value)) return Append("Infinity", 8, out);
  if (value == 0) return Append("0.0", 3, out);
  const Bits bits = std::bit_cast<Bits>(value);
  const int bias = (1 << (sizeof(Bits) * 8 - 2 - explicit_bits)) - 1;
  uint64_t mantissa = bits & ((Bits{1} << explicit_bits) - 1);
  int exponent = static_cast<int>(bits >> explicit_bits);
  int significant = explicit_bits + 1;
  if (exponent == 0) {
    // Subnormal: shifted up until the hidden bit would stand.
    significant = 64 - std::countl_zero(mantissa);
    mantissa <<= explicit_bits + 1 - significant;
    exponent = 1 - (explicit_bits + 1 - significant);
  } else {
    mantissa |= uint64_t{1} << explicit_bits;
  }
  return Layout(DevelopJavaDigits({.mantissa = mantissa << (52 - explicit_bits),
                                   .exponent = exponent - bias,
                                   .significant_bits = significant}),
                out);
}

}  // namespace

char* WriteJavaDouble(double value, char* out) {
  return Write<double, uint64_t>(value, 52, out);
}

char* WriteJavaFloat(float value, char* out) {
  return Write<float, uint32_t>(value, 23, out);
}

char* WriteInteger(int64_t value, char* out) {
  return std::to_chars(out, out + kMaxJavaNumberLength, value).ptr;
}

}  // namespace millrace
