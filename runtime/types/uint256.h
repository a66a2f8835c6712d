#pragma once

#include <compare>
#include <cstdint>

namespace millrace {

using UInt128 = unsigned __int128;

// An unsigned 256-bit integer, as much of it as exact decimal products and
// quotients need: they stay below 10^77. Everything wraps.
struct UInt256 {
  UInt128 high = 0;
  UInt128 low = 0;

  constexpr UInt256() = default;
  constexpr UInt256(UInt128 value) : low(value) {}  // NOLINT: widening.
  constexpr UInt256(UInt128 high_half, UInt128 low_half)
      : high(high_half), low(low_half) {}

  friend constexpr auto operator<=>(const UInt256&, const UInt256&) = default;

  friend constexpr UInt256 operator+(UInt256 a, UInt256 b) {
    const UInt128 low = a.low + b.low;
    return {a.high + b.high + (low < a.low ? 1 : 0), low};
  }
  friend constexpr UInt256 operator-(UInt256 a, UInt256 b) {
    return {a.high - b.high - (a.low < b.low ? 1 : 0), a.low - b.low};
  }
};

// The full product.
UInt256 Product128(UInt128 a, UInt128 b);
// value * 10^n, wrapping. REQUIRES: 0 <= n <= 76.
UInt256 TimesPowerOfTen(UInt256 value, int n);
// Binary digits; 0 for 0.
int BitLength(UInt256 value);

struct QuotientAndRest {
  UInt256 quotient;
  UInt256 rest;
};

// REQUIRES: divisor > 0.
QuotientAndRest DivideUInt256(UInt256 value, UInt256 divisor);

}  // namespace millrace
