#pragma once

#include <cstdint>

namespace millrace {

// Which way digits are left out.
enum class CutDigits { kHalfUp, kTowardsZero };

// `value` with `places` decimal places (negative: to tens, hundreds, ...), as
// java.math.BigDecimal makes it from the digits Java prints: 1.005 to two
// places is 1.01, though the double lies below. NaN and the infinities stay.
double CutDouble(double value, int64_t places, CutDigits how);

// The same of an integer; places >= 0 change nothing. Overflow wraps.
int64_t CutInteger(int64_t value, int64_t places, CutDigits how);

}  // namespace millrace
