#include "runtime/types/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "runtime/types/decimal_text.h"
#include "runtime/types/java_number_text.h"
#include "runtime/types/uint256.h"

namespace millrace {
namespace {

UInt128 Magnitude(Int128 value) {
  return value < 0 ? -static_cast<UInt128>(value)
                   : static_cast<UInt128>(value);
}

// The value of `magnitude` with a sign, if it has at most `precision` digits.
bool Emit(UInt256 magnitude, bool negative, int precision, Int128* out) {
  if (magnitude.high != 0 ||
      magnitude.low >= static_cast<UInt128>(PowerOfTen(precision))) {
    return false;
  }
  const Int128 value = static_cast<Int128>(magnitude.low);
  *out = negative ? -value : value;
  return true;
}

bool IsHalfOrMore(UInt256 rest, UInt256 divisor) {
  return rest >= divisor - rest;
}

// From one scale to another, HALF_UP. REQUIRES: no overflow when scaling up.
UInt256 RescaleMagnitude(UInt256 value, int from, int to) {
  if (to >= from) return TimesPowerOfTen(value, to - from);
  const UInt256 divisor = TimesPowerOfTen(UInt256(1), from - to);
  const QuotientAndRest result = DivideUInt256(value, divisor);
  return IsHalfOrMore(result.rest, divisor) ? result.quotient + UInt256(1)
                                            : result.quotient;
}

// Whether rest / divisor, less than a half, becomes a half when rounded HALF_UP
// to `digits` decimals. Flink rounds quotients to 38 significant digits before
// it rounds them to their scale, and so 0.4999... can round up.
bool RoundsToHalf(UInt256 rest, UInt256 divisor, int digits) {
  const UInt256 gap = divisor - rest - rest;
  // 10^digits has more than 3 * digits bits.
  if (BitLength(gap) - 1 + 3 * digits >= BitLength(divisor)) return false;
  return divisor >= TimesPowerOfTen(gap, digits);
}

// Decimal digits, 1 for 0; what has more than 38 counts as 39.
int CountMagnitude(UInt256 value) {
  if (value.high != 0) return kMaxDecimalDigits + 1;
  int digits = 1;
  while (digits <= kMaxDecimalDigits &&
         value.low >= static_cast<UInt128>(PowerOfTen(digits))) {
    ++digits;
  }
  return digits;
}

template <typename T>
T ParseShortest(Decimal value) {
  char text[kMaxDecimalTextLength];
  const char* end = WriteDecimal(value, text);
  T result = 0;
  std::from_chars(text, end, result);
  return result;
}

}  // namespace

int CountDigits(Int128 value) { return CountMagnitude(Magnitude(value)); }

namespace decimal_internal {

int CompareAcross(Decimal a, Decimal b) {
  const bool negative = a.unscaled < 0;
  if (negative != (b.unscaled < 0)) return negative ? -1 : 1;
  const int scale = std::max(a.scale, b.scale);
  const UInt256 left =
      TimesPowerOfTen(Magnitude(a.unscaled), scale - a.scale);
  const UInt256 right =
      TimesPowerOfTen(Magnitude(b.unscaled), scale - b.scale);
  const int order = (left > right) - (left < right);
  return negative ? -order : order;
}

bool AddWide(Decimal a, Decimal b, DecimalForm form, Int128* out) {
  const int scale = std::max(a.scale, b.scale);
  Int128 left;
  Int128 right;
  Int128 sum;
  if (scale == form.scale &&
      ScaleUp(a.unscaled, PowerOfTen(scale - a.scale), &left) &&
      ScaleUp(b.unscaled, PowerOfTen(scale - b.scale), &right) &&
      !__builtin_add_overflow(left, right, &sum)) {
    *out = sum;
    return FitsDecimal(sum, form.precision);
  }
  UInt256 x = TimesPowerOfTen(Magnitude(a.unscaled), scale - a.scale);
  UInt256 y = TimesPowerOfTen(Magnitude(b.unscaled), scale - b.scale);
  bool negative = a.unscaled < 0;
  if (negative == (b.unscaled < 0)) {
    x = x + y;
  } else if (x >= y) {
    x = x - y;
  } else {
    x = y - x;
    negative = !negative;
  }
  return Emit(RescaleMagnitude(x, scale, form.scale), negative,
              form.precision, out);
}

bool MultiplyWide(Decimal a, Decimal b, DecimalForm form, Int128* out) {
  const UInt256 product =
      Product128(Magnitude(a.unscaled), Magnitude(b.unscaled));
  return Emit(RescaleMagnitude(product, a.scale + b.scale, form.scale),
              (a.unscaled < 0) != (b.unscaled < 0), form.precision, out);
}

}  // namespace decimal_internal

bool Divide(Decimal a, Decimal b, DecimalForm form, Int128* out) {
  if (b.unscaled == 0) return false;
  *out = 0;
  if (a.unscaled == 0) return true;
  // a / b = (A / B) * 10^(b.scale - a.scale); wanted is that times 10^scale.
  const int shift = form.scale - a.scale + b.scale;
  UInt256 dividend = Magnitude(a.unscaled);
  UInt256 divisor = Magnitude(b.unscaled);
  // 77 digits against at most 38: far too large, or far below a half.
  if (shift > 0) {
    if (CountDigits(a.unscaled) + shift > 77) return false;
    dividend = TimesPowerOfTen(dividend, shift);
  } else if (shift < 0) {
    if (CountDigits(b.unscaled) - shift > 77) return true;
    divisor = TimesPowerOfTen(divisor, -shift);
  }
  QuotientAndRest result = DivideUInt256(dividend, divisor);
  const int digits =
      result.quotient == UInt256() ? 0 : CountMagnitude(result.quotient);
  if (digits > kMaxDecimalDigits) return false;
  if (IsHalfOrMore(result.rest, divisor) ||
      (digits < kMaxDecimalDigits &&
       RoundsToHalf(result.rest, divisor, kMaxDecimalDigits - digits))) {
    result.quotient = result.quotient + UInt256(1);
  }
  return Emit(result.quotient, (a.unscaled < 0) != (b.unscaled < 0),
              form.precision, out);
}

bool Modulo(Decimal a, Decimal b, DecimalForm form, Int128* out) {
  if (b.unscaled == 0) return false;
  const int scale = std::max(a.scale, b.scale);
  const QuotientAndRest result = DivideUInt256(
      TimesPowerOfTen(Magnitude(a.unscaled), scale - a.scale),
      TimesPowerOfTen(Magnitude(b.unscaled), scale - b.scale));
  return Emit(RescaleMagnitude(result.rest, scale, form.scale),
              a.unscaled < 0, form.precision, out);
}

int64_t TruncateToInt64(Decimal value) {
  const Int128 whole = value.unscaled / PowerOfTen(value.scale);
  return static_cast<int64_t>(static_cast<uint64_t>(whole));
}

bool DecimalFromInt64(int64_t value, DecimalForm form, Int128* out) {
  return Rescale(static_cast<Int128>(value), 0, form, out);
}

bool DecimalFromDouble(double value, DecimalForm form, Int128* out) {
  if (!std::isfinite(value)) return false;
  char text[kMaxJavaNumberLength];
  const char* end = WriteJavaDouble(value, text);
  return ParseDecimal({text, static_cast<size_t>(end - text)}, form, out);
}

double DecimalToDouble(Decimal value) {
  // Both sides exact: one rounding, as good as the nearest double.
  constexpr Int128 kExact = Int128{1} << 53;
  if (value.unscaled <= kExact && value.unscaled >= -kExact &&
      value.scale <= kMaxInt64DecimalDigits) {
    return static_cast<double>(static_cast<int64_t>(value.unscaled)) /
           static_cast<double>(PowerOfTen64(value.scale));
  }
  return ParseShortest<double>(value);
}

float DecimalToFloat(Decimal value) { return ParseShortest<float>(value); }

bool Round(Decimal value, int places, DecimalForm form, Int128* out) {
  if (places >= value.scale) {
    return Rescale(value.unscaled, value.scale, form, out);
  }
  // Beyond 38 digits less than a half is left.
  if (places < value.scale - kMaxDecimalDigits) places = -kMaxDecimalDigits;
  const int dropped = std::min(value.scale - places, kMaxDecimalDigits + 1);
  const Int128 rounded = dropped > kMaxDecimalDigits
                             ? 0
                             : DivideHalfUp(value.unscaled,
                                            PowerOfTen(dropped));
  if (places >= 0) return Rescale(rounded, places, form, out);
  Int128 whole;
  return ScaleUp(rounded, PowerOfTen(-places), &whole) &&
         Rescale(whole, 0, form, out);
}

Int128 Truncate(Decimal value, int places, DecimalForm form) {
  // Beyond 38 digits nothing is left.
  places = std::clamp(places, -kMaxDecimalDigits, value.scale);
  const int dropped = value.scale - places;
  Int128 kept = 0;
  if (dropped <= kMaxDecimalDigits) {
    kept = value.unscaled - value.unscaled % PowerOfTen(dropped);
  }
  return form.scale >= value.scale
             ? kept * PowerOfTen(form.scale - value.scale)
             : kept / PowerOfTen(value.scale - form.scale);
}

Int128 Floor(Decimal value) {
  const Int128 unit = PowerOfTen(value.scale);
  return value.unscaled / unit - (value.unscaled % unit < 0 ? 1 : 0);
}

Int128 Ceil(Decimal value) {
  const Int128 unit = PowerOfTen(value.scale);
  return value.unscaled / unit + (value.unscaled % unit > 0 ? 1 : 0);
}

}  // namespace millrace
