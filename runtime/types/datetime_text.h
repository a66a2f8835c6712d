#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "runtime/types/datetime.h"
#include "runtime/types/logical_type.h"
#include "runtime/types/standard_datetime_text.h"

namespace millrace {

// The text of DATE, TIME and TIMESTAMP in CAST (standard_datetime_text.h has
// that of the formats). Writers return the end of what they
// wrote; `out` has room for kMaxDateTimeTextLength. No allocation. Parsers
// return false for text that Flink refuses; *out is then unspecified.

// To STRING. Date: "2024-02-29". Time: "12:34:56", with precision > 0 a
// fraction without its trailing zeros but of one digit at least, "12:34:56.0".
// Timestamp: "2024-02-29 12:34:56" and exactly `precision` fraction digits.
char* WriteDate(int32_t days, char* out);
char* WriteTime(int32_t millis, int precision, char* out);
char* WriteTimestamp(TimeNanos value, int precision, char* out);
// precision <= 3.
char* WriteTimestampMillis(int64_t millis, int precision, char* out);

// From text. Date: "2024-2-9", "2024-02", "2024", and anything after a
// space. Time: "12", "12:34", "12:34:56.789", an offset "+01:00" is added.
// Timestamp: "2024-2-9" or "2024-2-9 1:2:3[.f{0,9}]". Both cut to `precision`.
bool ParseDateText(absl::string_view text, int32_t* days);
bool ParseTimeText(absl::string_view text, int precision, int32_t* millis);
bool ParseTimestampText(absl::string_view text, int precision,
                        TimeNanos* out);

}  // namespace millrace
