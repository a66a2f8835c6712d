#pragma once

#include <cstdint>

namespace millrace {

// Division by a number known beforehand: a multiplication and shifts, about 2
// ns where the machine's own 64-bit division takes 10 (`MOD(auction, 123)`).
// Signed, towards zero. (Warren, Hacker's Delight, 2nd edition, 10-1.)
class ConstantDivisor {
 public:
  // REQUIRES: divisor is none of -1, 0, 1 and the least int64.
  explicit ConstantDivisor(int64_t divisor) : divisor_(divisor) {
    const uint64_t half = uint64_t{1} << 63;
    const uint64_t magnitude =
        static_cast<uint64_t>(divisor < 0 ? -divisor : divisor);
    const uint64_t t = half + (static_cast<uint64_t>(divisor) >> 63);
    const uint64_t limit = t - 1 - t % magnitude;
    int power = 63;
    uint64_t q1 = half / limit, r1 = half % limit;
    uint64_t q2 = half / magnitude, r2 = half % magnitude;
    uint64_t delta;
    do {
      ++power;
      q1 = 2 * q1 + (r1 >= limit - r1 ? 1 : 0);
      r1 = r1 >= limit - r1 ? r1 - (limit - r1) : 2 * r1;
      q2 = 2 * q2 + (r2 >= magnitude - r2 ? 1 : 0);
      r2 = r2 >= magnitude - r2 ? r2 - (magnitude - r2) : 2 * r2;
      delta = magnitude - r2;
    } while (q1 < delta || (q1 == delta && r1 == 0));
    const auto multiplier = static_cast<int64_t>(q2 + 1);
    multiplier_ = divisor < 0 ? -multiplier : multiplier;
    shift_ = power - 64;
    // The multiplier is meant modulo 2^64; this puts back what its sign took.
    correction_ = divisor > 0 && multiplier_ < 0   ? 1
                  : divisor < 0 && multiplier_ > 0 ? -1
                                                   : 0;
  }

  int64_t Divide(int64_t value) const {
    // Unsigned, since the sums wrap where value is the least number.
    const auto high = static_cast<uint64_t>(
        (static_cast<__int128>(multiplier_) * value) >> 64);
    const auto quotient = static_cast<int64_t>(
        high + static_cast<uint64_t>(correction_) *
                   static_cast<uint64_t>(value)) >> shift_;
    return static_cast<int64_t>(static_cast<uint64_t>(quotient) +
                                (static_cast<uint64_t>(quotient) >> 63));
  }
  int64_t Modulo(int64_t value) const {
    return static_cast<int64_t>(
        static_cast<uint64_t>(value) - static_cast<uint64_t>(Divide(value)) *
                                           static_cast<uint64_t>(divisor_));
  }

 private:
  int64_t divisor_;
  int64_t multiplier_;
  int64_t correction_;
  int shift_;
};

}  // namespace millrace
