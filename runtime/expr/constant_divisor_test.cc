#include "runtime/expr/constant_divisor.h"

#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// Numbers at which a wrong multiplier or shift shows: around the ends, around
// powers of two, and around multiples of the divisor.
std::vector<int64_t> Dividends(int64_t divisor) {
  std::vector<int64_t> numbers = {0, 1, -1, kMin, kMin + 1, kMax, kMax - 1};
  for (int bit = 1; bit < 63; ++bit) {
    const int64_t power = int64_t{1} << bit;
    for (const int64_t near : {power - 1, power, power + 1}) {
      numbers.push_back(near);
      numbers.push_back(-near);
    }
  }
  const int64_t last = kMax / divisor * divisor;
  for (const int64_t multiple : {divisor, -divisor, last, -last}) {
    numbers.push_back(multiple);
    if (multiple < kMax) numbers.push_back(multiple + 1);
    if (multiple > kMin) numbers.push_back(multiple - 1);
  }
  return numbers;
}

TEST(ConstantDivisorTest, DividesAsTheMachineDoes) {
  for (const int64_t divisor :
       {int64_t{2}, int64_t{3}, int64_t{5}, int64_t{7}, int64_t{10},
        int64_t{123}, int64_t{1000}, int64_t{86400000}, int64_t{641},
        int64_t{1} << 32, (int64_t{1} << 32) + 1, kMax, kMax - 1,
        int64_t{-2}, int64_t{-3}, int64_t{-7}, int64_t{-10}, int64_t{-123},
        -kMax}) {
    const ConstantDivisor known(divisor);
    for (const int64_t value : Dividends(divisor)) {
      ASSERT_EQ(known.Divide(value), value / divisor)
          << value << " / " << divisor;
      ASSERT_EQ(known.Modulo(value), value % divisor)
          << value << " % " << divisor;
    }
  }
}

}  // namespace
}  // namespace millrace
