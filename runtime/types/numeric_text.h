#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

// Flink's CAST of text to numbers and booleans. No allocation. False: not of
// the form, or out of range; CAST then fails and TRY_CAST yields NULL.

// T is int8_t, int16_t, int32_t or int64_t. Spaces around are trimmed; a
// fraction is cut off ("1.9" is 1), an exponent is not taken.
template <typename T>
bool ParseInteger(absl::string_view text, T* out);
extern template bool ParseInteger(absl::string_view, int8_t*);
extern template bool ParseInteger(absl::string_view, int16_t*);
extern template bool ParseInteger(absl::string_view, int32_t*);
extern template bool ParseInteger(absl::string_view, int64_t*);

// Java's Double.parseDouble and Float.parseFloat: white space around, "NaN",
// "Infinity", a trailing d or f, hexadecimal; too large is infinite.
bool ParseDouble(absl::string_view text, double* out);
bool ParseFloat(absl::string_view text, float* out);

// t, true, y, yes, 1 and f, false, n, no, 0 in any case; no spaces around.
bool ParseBoolean(absl::string_view text, bool* out);

}  // namespace millrace
