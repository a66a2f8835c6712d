#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/types/datetime.h"

namespace millrace {

// Interval literals and how intervals print.

// What stands behind INTERVAL '...': `from` alone (both equal) or from TO to.
// YEAR and MONTH make a year-month interval (counted in months), DAY to SECOND
// a day-time interval (counted in ms); WEEK and QUARTER stand alone.
struct IntervalQualifier {
  DateTimeUnit from = DateTimeUnit::kDay;
  DateTimeUnit to = DateTimeUnit::kDay;
  int leading_digits = 2;   // At most this many in the first field.
  int fraction_digits = 6;  // At most this many behind the second's dot.

  bool is_year_month() const { return IsCountedInMonths(from); }
};

// The months or ms of `text` ("-1-02", "10 00:12", "0.003"); digits of a
// second's fraction beyond ms are cut. The error is a plain InvalidArgument
// that says which part does not suit; code and place are the caller's.
absl::StatusOr<int64_t> ParseInterval(absl::string_view text,
                                      const IntervalQualifier& qualifier);

// CAST to STRING: "+1-02" and "+1 02:03:04.000". Room for
// kMaxIntervalTextLength; returns the end.
inline constexpr int kMaxIntervalTextLength = 32;
char* WriteIntervalYearMonth(int32_t months, char* out);
char* WriteIntervalDayTime(int64_t millis, char* out);

}  // namespace millrace
