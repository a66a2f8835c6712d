#include "runtime/types/uint256.h"

#include "runtime/types/decimal.h"

namespace millrace {
namespace {

UInt256 ShiftLeft(UInt256 value, int bits) {
  if (bits == 0) return value;
  if (bits >= 128) return {value.low << (bits - 128), 0};
  return {(value.high << bits) | (value.low >> (128 - bits)),
          value.low << bits};
}

UInt256 ShiftRightOne(UInt256 value) {
  return {value.high >> 1, (value.low >> 1) | (value.high << 127)};
}

int BitLength128(UInt128 value) {
  const uint64_t high = static_cast<uint64_t>(value >> 64);
  const uint64_t low = static_cast<uint64_t>(value);
  if (high != 0) return 128 - __builtin_clzll(high);
  return low == 0 ? 0 : 64 - __builtin_clzll(low);
}

// Schoolbook division by one 64-bit digit.
QuotientAndRest DivideBySmall(UInt256 value, uint64_t divisor) {
  const uint64_t digits[4] = {static_cast<uint64_t>(value.high >> 64),
                              static_cast<uint64_t>(value.high),
                              static_cast<uint64_t>(value.low >> 64),
                              static_cast<uint64_t>(value.low)};
  uint64_t quotient[4];
  UInt128 rest = 0;
  for (int i = 0; i < 4; ++i) {
    const UInt128 part = (rest << 64) | digits[i];
    quotient[i] = static_cast<uint64_t>(part / divisor);
    rest = part % divisor;
  }
  return {{(UInt128{quotient[0]} << 64) | quotient[1],
           (UInt128{quotient[2]} << 64) | quotient[3]},
          rest};
}

}  // namespace

UInt256 Product128(UInt128 a, UInt128 b) {
  const uint64_t a_low = static_cast<uint64_t>(a);
  const uint64_t a_high = static_cast<uint64_t>(a >> 64);
  const uint64_t b_low = static_cast<uint64_t>(b);
  const uint64_t b_high = static_cast<uint64_t>(b >> 64);
  const UInt128 low = UInt128{a_low} * b_low;
  const UInt128 cross = UInt128{a_high} * b_low;
  const UInt128 other = UInt128{a_low} * b_high;
  const UInt128 middle = (low >> 64) + static_cast<uint64_t>(cross) +
                         static_cast<uint64_t>(other);
  return {UInt128{a_high} * b_high + (cross >> 64) + (other >> 64) +
              (middle >> 64),
          (middle << 64) | static_cast<uint64_t>(low)};
}

UInt256 TimesPowerOfTen(UInt256 value, int n) {
  const int first = n > kMaxDecimalDigits ? kMaxDecimalDigits : n;
  const UInt128 power = static_cast<UInt128>(PowerOfTen(first));
  UInt256 product = Product128(value.low, power);
  product.high += value.high * power;
  return n == first ? product : TimesPowerOfTen(product, n - first);
}

int BitLength(UInt256 value) {
  return value.high != 0 ? 128 + BitLength128(value.high)
                         : BitLength128(value.low);
}

QuotientAndRest DivideUInt256(UInt256 value, UInt256 divisor) {
  if (value.high == 0 && divisor.high == 0) {
    return {value.low / divisor.low, value.low % divisor.low};
  }
  if (divisor.high == 0 && (divisor.low >> 64) == 0) {
    return DivideBySmall(value, static_cast<uint64_t>(divisor.low));
  }
  QuotientAndRest result{{}, value};
  const int shift = BitLength(value) - BitLength(divisor);
  if (shift < 0) return result;
  UInt256 step = ShiftLeft(divisor, shift);
  for (int bit = shift; bit >= 0; --bit) {
    if (result.rest >= step) {
      result.rest = result.rest - step;
      result.quotient = result.quotient + ShiftLeft(UInt256(1), bit);
    }
    step = ShiftRightOne(step);
  }
  return result;
}

}  // namespace millrace
