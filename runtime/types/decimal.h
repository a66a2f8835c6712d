#pragma once

#include <array>
#include <cstdint>

namespace millrace {

// Exact decimal arithmetic as Flink does it. A DECIMAL(p, s) is an unscaled
// integer: int64_t up to 18 digits, __int128 up to 38; its scale lies in the
// type, not in the value.
//
// Every fallible function returns false where Flink yields NULL: the result
// does not fit `precision` digits, or the divisor is zero (there Flink fails
// the job; callers test for it first). *out is then untouched or unspecified.
// Rounding is HALF_UP: ties go away from zero.

using Int128 = __int128;

inline constexpr int kMaxDecimalDigits = 38;
inline constexpr int kMaxInt64DecimalDigits = 18;

// What a result must fit: the digits and scale of its type.
struct DecimalForm {
  int precision = 0;
  int scale = 0;
};

struct Decimal {
  Int128 unscaled = 0;
  int scale = 0;
};

namespace decimal_internal {

constexpr std::array<Int128, 39> MakePowers() {
  std::array<Int128, 39> powers{};
  powers[0] = 1;
  for (int i = 1; i < 39; ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<int64_t, 19> MakePowers64() {
  std::array<int64_t, 19> powers{};
  powers[0] = 1;
  for (int i = 1; i < 19; ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
inline constexpr std::array<Int128, 39> kPowers = MakePowers();
inline constexpr std::array<int64_t, 19> kPowers64 = MakePowers64();

}  // namespace decimal_internal

// 10^n. REQUIRES: 0 <= n <= 38; n <= 18 for the 64-bit one.
constexpr Int128 PowerOfTen(int n) { return decimal_internal::kPowers[n]; }
constexpr int64_t PowerOfTen64(int n) { return decimal_internal::kPowers64[n]; }

// Digits of |value|; 1 for 0.
int CountDigits(Int128 value);

// |value| < 10^precision.
constexpr bool FitsDecimal(int64_t value, int precision) {
  if (precision >= 19) return true;
  const int64_t limit = PowerOfTen64(precision);
  return value < limit && value > -limit;
}
constexpr bool FitsDecimal(Int128 value, int precision) {
  const Int128 limit = PowerOfTen(precision);
  return value < limit && value > -limit;
}

// value / divisor, rounded HALF_UP. REQUIRES: divisor > 0, and for T =
// int64_t divisor <= 10^18.
template <typename T>
constexpr T DivideHalfUp(T value, T divisor) {
  const T quotient = value / divisor;
  const T rest = value % divisor;
  const T away = (rest < 0 ? -rest : rest) >= divisor - divisor / 2 ? 1 : 0;
  return quotient + (value < 0 ? -away : away);
}

// A kernel's inner step: scales that differ by a constant. `factor` is a power
// of ten taken from the tables above once per batch.
template <typename T>
inline bool ScaleUp(T value, T factor, T* out) {
  return !__builtin_mul_overflow(value, factor, out);
}

// `value` of scale `from` at scale and precision of `to`.
inline bool Rescale(Int128 value, int from, DecimalForm to, Int128* out) {
  if (to.scale >= from) {
    if (!ScaleUp(value, PowerOfTen(to.scale - from), out)) return false;
  } else {
    *out = DivideHalfUp(value, PowerOfTen(from - to.scale));
  }
  return FitsDecimal(*out, to.precision);
}

// The same for types of at most 18 digits on both sides.
inline bool Rescale(int64_t value, int from, DecimalForm to, int64_t* out) {
  if (to.scale >= from) {
    if (!ScaleUp(value, PowerOfTen64(to.scale - from), out)) return false;
  } else {
    *out = DivideHalfUp(value, PowerOfTen64(from - to.scale));
  }
  return FitsDecimal(*out, to.precision);
}

// No two int64_t overflow this.
constexpr Int128 Product(int64_t a, int64_t b) {
  return static_cast<Int128>(a) * b;
}

namespace decimal_internal {

int CompareAcross(Decimal a, Decimal b);
bool AddWide(Decimal a, Decimal b, DecimalForm form, Int128* out);
bool MultiplyWide(Decimal a, Decimal b, DecimalForm form, Int128* out);

}  // namespace decimal_internal

// Negative, zero or positive as a is less than, equal to or greater than b.
inline int Compare(Decimal a, Decimal b) {
  if (a.scale == b.scale) [[likely]] {
    return (a.unscaled > b.unscaled) - (a.unscaled < b.unscaled);
  }
  return decimal_internal::CompareAcross(a, b);
}

// a + b and a * b; `form` is the result's (decimal_type_rules.h). Subtract by
// negating b.
inline bool Add(Decimal a, Decimal b, DecimalForm form, Int128* out) {
  if (a.scale == b.scale && a.scale == form.scale) [[likely]] {
    // Twice 38 digits do not fit 128 bits.
    return !__builtin_add_overflow(a.unscaled, b.unscaled, out) &&
           FitsDecimal(*out, form.precision);
  }
  return decimal_internal::AddWide(a, b, form, out);
}
inline bool Multiply(Decimal a, Decimal b, DecimalForm form, Int128* out) {
  if (a.scale + b.scale == form.scale &&
      !__builtin_mul_overflow(a.unscaled, b.unscaled, out)) [[likely]] {
    return FitsDecimal(*out, form.precision);
  }
  return decimal_internal::MultiplyWide(a, b, form, out);
}

// a / b and a % b. As in Flink the quotient is first rounded to 38 significant
// digits, then to the scale. The remainder is exact and has the dividend's
// sign (Flink fails where the quotient has more than 38 digits). False also
// when b is zero.
bool Divide(Decimal a, Decimal b, DecimalForm form, Int128* out);
bool Modulo(Decimal a, Decimal b, DecimalForm form, Int128* out);

// The integer part, cut to 64 bits as Java cuts it (CAST to BIGINT; narrower
// types cut further).
int64_t TruncateToInt64(Decimal value);
// CAST of an integer. A value that needs more digits: false.
bool DecimalFromInt64(int64_t value, DecimalForm form, Int128* out);
// CAST of a DOUBLE: its shortest text (java_number_text.h), rounded. NaN and
// the infinities: false. FLOAT is widened first.
bool DecimalFromDouble(double value, DecimalForm form, Int128* out);
// The nearest double or float.
double DecimalToDouble(Decimal value);
float DecimalToFloat(Decimal value);

// ROUND(value, places): `places` may be negative; the result has the scale
// that RoundType gives it. FLOOR and CEIL give scale 0.
bool Round(Decimal value, int places, DecimalForm form, Int128* out);
// TRUNCATE(value, places): towards zero, at the scale of `form`.
Int128 Truncate(Decimal value, int places, DecimalForm form);
Int128 Floor(Decimal value);
Int128 Ceil(Decimal value);

}  // namespace millrace
