#pragma once

#include "absl/strings/string_view.h"
#include "runtime/types/decimal.h"

namespace millrace {

// The text of decimals. No allocation.

// A sign, 38 digits, "0." before a pure fraction.
inline constexpr int kMaxDecimalTextLength = 41;

// Writes `value` in plain notation with exactly `scale` fraction digits
// ("-0.50") and returns the end. `out` has room for kMaxDecimalTextLength.
char* WriteDecimal(Decimal value, char* out);

// CAST(text AS DECIMAL): spaces around are trimmed, an exponent is taken
// ("1.5e3"), digits beyond the scale are rounded HALF_UP. False: not a number
// (Flink: the CAST fails) or more digits than `form` holds (fails as well).
bool ParseDecimal(absl::string_view text, DecimalForm form, Int128* out);

}  // namespace millrace
