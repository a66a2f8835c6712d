#pragma once

#include <cstdint>

#include "runtime/types/logical_type.h"

namespace millrace {

// Calendar arithmetic in the proleptic Gregorian calendar, years 0000-9999.
// DATE is days since 1970-01-01, TIME ms of the day, TIMESTAMP ms (or us, or
// TimeNanos) since the epoch. Everything before the epoch rounds down, so that
// a day begins at its midnight on both sides of 1970.

inline constexpr int64_t kMillisPerSecond = 1000;
inline constexpr int64_t kMillisPerMinute = 60'000;
inline constexpr int64_t kMillisPerHour = 3'600'000;
inline constexpr int64_t kMillisPerDay = 86'400'000;
inline constexpr int64_t kMinTimestampMillis = -62'167'219'200'000;  // 0000
inline constexpr int64_t kMaxTimestampMillis = 253'402'300'799'999;  // 9999

// floor(a / b) and the rest, [0, b). REQUIRES: b > 0.
constexpr int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
constexpr int64_t FloorMod(int64_t a, int64_t b) {
  const int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

struct CivilDate {
  int32_t year = 1970;
  int32_t month = 1;  // 1-12
  int32_t day = 1;    // 1-31

  friend bool operator==(const CivilDate&, const CivilDate&) = default;
};

constexpr bool IsLeapYear(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
// REQUIRES: 1 <= month <= 12.
constexpr int DaysInMonth(int year, int month) {
  constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && IsLeapYear(year) ? 1 : 0);
}
constexpr bool IsValidDate(CivilDate date) {
  return date.year >= 0 && date.year <= 9999 && date.month >= 1 &&
         date.month <= 12 && date.day >= 1 &&
         date.day <= DaysInMonth(date.year, date.month);
}

// Years are counted from March, so that the leap day is a year's last; 400 of
// them are an era of 146097 days.
constexpr int32_t DaysFromCivil(CivilDate date) {
  const int32_t year = date.year - (date.month <= 2 ? 1 : 0);
  const int32_t era = (year >= 0 ? year : year - 399) / 400;
  const int32_t year_of_era = year - era * 400;
  const int32_t month = date.month + (date.month > 2 ? -3 : 9);
  const int32_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const int32_t day_of_era = year_of_era * 365 + year_of_era / 4 -
                             year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

constexpr CivilDate CivilFromDays(int32_t days) {
  const int32_t z = days + 719468;
  const int32_t era = (z >= 0 ? z : z - 146096) / 146097;
  const uint32_t doe = static_cast<uint32_t>(z - era * 146097);
  const uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const uint32_t mp = (5 * doy + 2) / 153;
  const int32_t month = static_cast<int32_t>(mp < 10 ? mp + 3 : mp - 9);
  return {static_cast<int32_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int32_t>(doy - (153 * mp + 2) / 5 + 1)};
}

struct DayAndTime {
  int32_t days = 0;
  int32_t millis = 0;  // Of the day, [0, 86399999].
};

constexpr DayAndTime SplitMillis(int64_t millis) {
  const int64_t days = FloorDiv(millis, kMillisPerDay);
  return {static_cast<int32_t>(days),
          static_cast<int32_t>(millis - days * kMillisPerDay)};
}
constexpr int64_t JoinMillis(DayAndTime value) {
  return value.days * kMillisPerDay + value.millis;
}

// TIMESTAMP in its three physical forms. Going to a coarser one cuts.
constexpr int64_t MillisFromMicros(int64_t micros) {
  return FloorDiv(micros, 1000);
}
constexpr TimeNanos NanosFromMicros(int64_t micros) {
  return {FloorDiv(micros, 1000),
          static_cast<int32_t>(FloorMod(micros, 1000)) * 1000};
}
constexpr TimeNanos NanosFromMillis(int64_t millis) { return {millis, 0}; }
constexpr int64_t MicrosFromNanos(TimeNanos value) {
  return value.millis * 1000 + value.nanos / 1000;
}
constexpr TimeNanos AddMillis(TimeNanos value, int64_t millis) {
  return {value.millis + millis, value.nanos};
}

// Fraction digits beyond `precision` become zero (CAST to TIMESTAMP(p)).
int64_t TruncateMillis(int64_t millis, int precision);  // precision <= 3
int64_t TruncateMicros(int64_t micros, int precision);  // precision <= 6
TimeNanos TruncateNanos(TimeNanos value, int precision);

// The units of EXTRACT, FLOOR, CEIL, TIMESTAMPADD and TIMESTAMPDIFF. The
// numbers are a persisted format.
enum class DateTimeUnit : uint8_t {
  kYear = 0, kQuarter = 1, kMonth = 2, kWeek = 3, kDay = 4, kHour = 5,
  kMinute = 6, kSecond = 7, kMillisecond = 8, kMicrosecond = 9,
  kNanosecond = 10, kIsoYear = 11, kDayOfWeek = 12, kIsoDayOfWeek = 13,
  kDayOfYear = 14, kEpoch = 15, kDecade = 16, kCentury = 17, kMillennium = 18,
};

// YEAR, QUARTER, MONTH, DECADE and larger: counted in months.
bool IsCountedInMonths(DateTimeUnit unit);
// Months of such a unit, ms of WEEK to MILLISECOND; 0 for the others.
int64_t UnitLength(DateTimeUnit unit);

// EXTRACT(unit FROM value). WEEK is ISO's; DOW is 1 for Sunday, ISODOW 1 for
// Monday; MILLISECOND and finer are of the second's fraction.
int64_t ExtractFromDate(DateTimeUnit unit, int32_t days);
int64_t ExtractFromTime(DateTimeUnit unit, int32_t millis);
int64_t ExtractFromTimestamp(DateTimeUnit unit, TimeNanos value);

// Adds months; a day that the month lacks becomes its last.
int32_t AddMonthsToDate(int32_t days, int64_t months);
int64_t AddMonths(int64_t millis, int64_t months);
// TIME wraps around midnight.
constexpr int32_t AddToTime(int32_t time_millis, int64_t millis) {
  return static_cast<int32_t>(FloorMod(time_millis + millis, kMillisPerDay));
}

// Whole months from `from` to `to`, with the rounding of Flink's subtraction
// (towards zero by days; a later time of day takes one off).
int32_t MonthsBetween(int64_t from_millis, int64_t to_millis);

// TIMESTAMPDIFF(unit, from, to): whole units, towards zero.
int64_t TimestampDiff(DateTimeUnit unit, int64_t from_millis,
                      int64_t to_millis);

// FLOOR and CEIL of DATE and TIMESTAMP; weeks begin on Sunday. From WEEK on,
// CEIL looks at the date alone, as Flink does; DECADE, CENTURY and MILLENNIUM
// always go to the next one, and so does DAY of a DATE.
int32_t FloorDate(DateTimeUnit unit, int32_t days);
int32_t CeilDate(DateTimeUnit unit, int32_t days);
int64_t FloorMillis(DateTimeUnit unit, int64_t millis);
int64_t CeilMillis(DateTimeUnit unit, int64_t millis);

}  // namespace millrace
