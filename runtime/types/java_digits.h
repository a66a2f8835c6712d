#pragma once

#include <cstdint>

namespace millrace {

// The decimal digits that Java 17 develops for a floating-point number: those
// of Steele and White's algorithm ("How to print floating-point numbers
// accurately", 1990) with a symmetric stopping test and three shortcuts, whose
// choice is visible in the digits. Later Javas print the shortest text.

// A positive number: mantissa * 2^(exponent - 52).
struct BinaryNumber {
  uint64_t mantissa = 0;     // Bit 52 is set, none above it.
  int exponent = 0;          // Unbiased.
  int significant_bits = 0;  // Of the type: 53, 24, fewer when subnormal.
};

// 0.d1d2d3... * 10^point.
struct JavaDigits {
  char digits[24];
  int count = 0;
  int point = 0;
};

JavaDigits DevelopJavaDigits(const BinaryNumber& number);

}  // namespace millrace
