#include "runtime/types/java_digits.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace millrace {
namespace {

// Binary digits of 5^n.
constexpr int kBitsOfFivePower[] = {0,  3,  5,  7,  10, 12, 14, 17, 19,
                                    21, 24, 26, 28, 31, 33, 35, 38, 40,
                                    42, 45, 47, 49, 52, 54, 56, 59, 61};
constexpr int kFivePowers = 27;

constexpr int BitsOfFivePower(int n) {
  return n < kFivePowers ? kBitsOfFivePower[n] : n * 3;
}

template <typename T>
constexpr T FivePower(int n) {
  T power = 1;
  for (int i = 0; i < n; ++i) power *= 5;
  return power;
}

// A natural number of a fixed size: 5^342 * 2^1100 and what lies between, as
// the smallest and the largest double need.
class Natural {
 public:
  // value * 5^fives * 2^twos
  Natural(uint64_t value, int fives, int twos) {
    words_[0] = static_cast<uint32_t>(value);
    words_[1] = static_cast<uint32_t>(value >> 32);
    size_ = 2;
    for (; fives >= 13; fives -= 13) Multiply(1'220'703'125);  // 5^13
    Multiply(FivePower<uint32_t>(fives));
    ShiftLeft(twos);
  }

  void Multiply(uint32_t factor) {
    uint64_t carry = 0;
    for (int i = 0; i < size_; ++i) {
      carry += uint64_t{words_[i]} * factor;
      words_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words_[size_++] = static_cast<uint32_t>(carry);
  }

  // this % divisor stays; returns this / divisor. REQUIRES: a quotient of at
  // most 10.
  int DivideStep(const Natural& divisor) {
    int quotient = 0;
    while (Compare(*this, divisor) >= 0) {
      Subtract(divisor);
      ++quotient;
    }
    return quotient;
  }

  void Add(const Natural& other) {
    uint64_t carry = 0;
    const int size = std::max(size_, other.size_);
    for (int i = 0; i < size; ++i) {
      carry += uint64_t{Word(i)} + other.Word(i);
      words_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    size_ = size;
    if (carry != 0) words_[size_++] = static_cast<uint32_t>(carry);
  }

  static int Compare(const Natural& a, const Natural& b) {
    for (int i = std::max(a.size_, b.size_) - 1; i >= 0; --i) {
      if (a.Word(i) != b.Word(i)) return a.Word(i) < b.Word(i) ? -1 : 1;
    }
    return 0;
  }

 private:
  static constexpr int kWords = 68;

  uint32_t Word(int i) const { return i < size_ ? words_[i] : 0; }

  void ShiftLeft(int bits) {
    const int whole = bits / 32;
    const int part = bits % 32;
    Multiply(uint32_t{1} << part);
    std::memmove(words_ + whole, words_, size_ * sizeof(words_[0]));
    std::memset(words_, 0, whole * sizeof(words_[0]));
    size_ += whole;
  }

  void Subtract(const Natural& other) {
    int64_t borrow = 0;
    for (int i = 0; i < size_; ++i) {
      borrow += int64_t{words_[i]} - other.Word(i);
      words_[i] = static_cast<uint32_t>(borrow);
      borrow >>= 32;
    }
    while (size_ > 1 && words_[size_ - 1] == 0) --size_;
  }

  uint32_t words_[kWords];
  int size_ = 0;
};

// number = (b / s) * 10^exponent with b = fraction * 2^b2 * 5^b5 and s = 2^s2
// * 5^s5; m = 2^m2 * 5^b5 is half a unit in its last place, scaled like b.
struct Scaled {
  uint64_t fraction = 0;
  int exponent = 0;
  int b2 = 0, b5 = 0, s2 = 0, s5 = 0, m2 = 0;
};

struct Stop {
  bool low = false;    // What is left is less than m: the digits may end.
  bool high = false;   // One more in the last digit is as near.
  int against_half = 0;  // What is left compared with half of the last digit.
};

bool IsScientific(int exponent) { return exponent < -3 || exponent >= 8; }

// Java multiplies and adds in fixed-width integers that may wrap, and takes a
// wrapped m for a reason to stop. T is unsigned, S its signed twin.
template <typename T, typename S>
Stop DevelopFixed(Scaled* n, JavaDigits* out) {
  T b = static_cast<T>(n->fraction) * FivePower<T>(n->b5) << n->b2;
  const T s = FivePower<T>(n->s5) << n->s2;
  T m = FivePower<T>(n->b5) << n->m2;
  const T tens = s * 10;
  const auto step = [&] {
    const T quotient = b / s;
    b = 10 * (b % s);
    m *= 10;
    return static_cast<int>(quotient);
  };
  Stop stop;
  const auto test = [&] {
    stop.low = static_cast<S>(b) < static_cast<S>(m);
    stop.high = static_cast<S>(b + m) > static_cast<S>(tens);
  };
  const int first = step();
  test();
  if (first == 0 && !stop.high) {
    --n->exponent;
  } else {
    out->digits[out->count++] = static_cast<char>('0' + first);
  }
  if (IsScientific(n->exponent)) stop.low = stop.high = false;
  while (!stop.low && !stop.high) {
    const int digit = step();
    if (static_cast<S>(m) > 0) {
      test();
    } else {
      stop.low = stop.high = true;
    }
    out->digits[out->count++] = static_cast<char>('0' + digit);
  }
  const S left = static_cast<S>((b << 1) - tens);
  stop.against_half = (left > 0) - (left < 0);
  return stop;
}

Stop DevelopLarge(Scaled* n, JavaDigits* out) {
  Natural b(n->fraction, n->b5, n->b2);
  const Natural s(1, n->s5, n->s2);
  const Natural tens(10, n->s5, n->s2);
  Natural m(10, n->b5, n->m2);
  Stop stop;
  const auto test = [&] {
    stop.low = Natural::Compare(b, m) < 0;
    Natural sum = b;
    sum.Add(m);
    stop.high = Natural::Compare(tens, sum) <= 0;
  };
  const int first = b.DivideStep(s);
  b.Multiply(10);
  test();
  if (first == 0 && !stop.high) {
    --n->exponent;
  } else {
    out->digits[out->count++] = static_cast<char>('0' + first);
  }
  if (IsScientific(n->exponent)) stop.low = stop.high = false;
  while (!stop.low && !stop.high) {
    const int digit = b.DivideStep(s);
    b.Multiply(10);
    m.Multiply(10);
    test();
    out->digits[out->count++] = static_cast<char>('0' + digit);
  }
  if (stop.high && stop.low) {
    b.Multiply(2);
    stop.against_half = Natural::Compare(b, tens);
  }
  return stop;
}

void RoundUp(JavaDigits* number) {
  int i = number->count - 1;
  while (i > 0 && number->digits[i] == '9') number->digits[i--] = '0';
  if (number->digits[i] == '9') {
    number->digits[i] = '1';
    ++number->point;
  } else {
    ++number->digits[i];
  }
}

// A whole number below 2^63: its own digits, of which those that the type
// cannot tell apart are rounded away.
JavaDigits DevelopWhole(const BinaryNumber& number) {
  uint64_t value = number.exponent >= 52
                       ? number.mantissa << (number.exponent - 52)
                       : number.mantissa >> (52 - number.exponent);
  int dropped = 0;
  const int spare = number.exponent - number.significant_bits - 1;
  if (number.exponent > number.significant_bits && spare > 3) {
    uint64_t power = 1;
    while (power <= (uint64_t{1} << spare) / 10) {
      power *= 10;
      ++dropped;
    }
    const uint64_t rest = value % power;
    value = value / power + (rest >= power / 2 ? 1 : 0);
  }
  JavaDigits result;
  char text[20];
  int count = 0;
  int zeros = 0;
  while (value % 10 == 0) {
    value /= 10;
    ++zeros;
  }
  for (; value != 0; value /= 10) {
    text[count++] = static_cast<char>('0' + value % 10);
  }
  std::reverse_copy(text, text + count, result.digits);
  result.count = count;
  result.point = count + zeros + dropped;
  return result;
}

// log10 by the tangent at 1.5; may be one too large, which the first digit
// corrects. The products are kept apart from their sums: Java never fuses
// them.
int EstimateExponent(const BinaryNumber& number) {
  const double scaled = std::ldexp(static_cast<double>(number.mantissa), -52);
  volatile const double slope = (scaled - 1.5) * 0.289529654;
  volatile const double powers = number.exponent * 0.301029995663981;
  return static_cast<int>(std::floor(slope + 0.176091259 + powers));
}

Scaled ScaleNumber(const BinaryNumber& number, int fraction_bits,
                   int tiny_bits) {
  Scaled n;
  n.exponent = EstimateExponent(number);
  n.fraction = number.mantissa >> (53 - fraction_bits);
  n.b5 = std::max(0, -n.exponent);
  n.s5 = std::max(0, n.exponent);
  n.b2 = n.b5 + tiny_bits + number.exponent;
  n.s2 = n.s5 + tiny_bits;
  n.m2 = n.b2 - number.significant_bits;
  n.b2 -= fraction_bits - 1;
  const int common = std::min(n.b2, n.s2);
  n.b2 -= common;
  n.s2 -= common;
  n.m2 -= common;
  // Below a power of two the neighbours are twice as near.
  if (fraction_bits == 1) --n.m2;
  if (n.m2 < 0) {
    n.b2 -= n.m2;
    n.s2 -= n.m2;
    n.m2 = 0;
  }
  return n;
}

}  // namespace

JavaDigits DevelopJavaDigits(const BinaryNumber& number) {
  const int fraction_bits = 53 - std::countr_zero(number.mantissa);
  const int tiny_bits = std::max(0, fraction_bits - number.exponent - 1);
  if (tiny_bits == 0 && number.exponent <= 62) return DevelopWhole(number);
  Scaled n = ScaleNumber(number, fraction_bits, tiny_bits);
  const int b_bits = fraction_bits + n.b2 + BitsOfFivePower(n.b5);
  const int s_bits = n.s2 + 1 + BitsOfFivePower(n.s5 + 1);
  JavaDigits result;
  Stop stop;
  if (b_bits < 32 && s_bits < 32) {
    stop = DevelopFixed<uint32_t, int32_t>(&n, &result);
  } else if (b_bits < 64 && s_bits < 64) {
    stop = DevelopFixed<uint64_t, int64_t>(&n, &result);
  } else {
    stop = DevelopLarge(&n, &result);
  }
  result.point = n.exponent + 1;
  const bool odd = (result.digits[result.count - 1] & 1) != 0;
  if (stop.high && (!stop.low || stop.against_half > 0 ||
                    (stop.against_half == 0 && odd))) {
    RoundUp(&result);
  }
  return result;
}

}  // namespace millrace
