#include "runtime/types/datetime.h"

#include "runtime/base/check.h"
#include "runtime/types/decimal.h"

namespace millrace {
namespace {

constexpr int64_t kMillisPerWeek = 7 * kMillisPerDay;

// Monday is 0. Day 0, 1970-01-01, was a Thursday.
int MondayBased(int32_t days) {
  return static_cast<int>(FloorMod(int64_t{days} + 3, 7));
}

struct IsoWeek {
  int year = 0;
  int week = 0;
};

// ISO 8601: a week belongs to the year that holds its Thursday.
IsoWeek IsoWeekOf(int32_t days) {
  const int32_t thursday = days - MondayBased(days) + 3;
  const int year = CivilFromDays(thursday).year;
  const int32_t first = DaysFromCivil({year, 1, 1});
  return {year, (thursday - first) / 7 + 1};
}

// The 1st of a month counted from year 0, January = 0.
int32_t FirstOfMonth(int64_t months) {
  return DaysFromCivil({static_cast<int32_t>(FloorDiv(months, 12)),
                        static_cast<int32_t>(FloorMod(months, 12)) + 1, 1});
}

// Years of a period that begins at 1, 101, ... (CENTURY, MILLENNIUM).
int PeriodStart(int year, int length) {
  return static_cast<int>(FloorDiv(year - 1, length)) * length + 1;
}

int32_t FloorOrCeilDate(DateTimeUnit unit, int32_t days, bool ceil) {
  const CivilDate date = CivilFromDays(days);
  const bool first_of_month = date.day == 1;
  const bool first_of_year = first_of_month && date.month == 1;
  const int next = ceil ? 1 : 0;
  switch (unit) {
    case DateTimeUnit::kMillennium:
      return DaysFromCivil(
          {PeriodStart(date.year, 1000) + next * 1000, 1, 1});
    case DateTimeUnit::kCentury:
      return DaysFromCivil({PeriodStart(date.year, 100) + next * 100, 1, 1});
    case DateTimeUnit::kDecade:
      return DaysFromCivil({date.year / 10 * 10 + next * 10, 1, 1});
    case DateTimeUnit::kYear:
    case DateTimeUnit::kIsoYear:
      return DaysFromCivil(
          {date.year + (ceil && !first_of_year ? 1 : 0), 1, 1});
    case DateTimeUnit::kQuarter: {
      // Flink asks for the first of the year, not of the quarter.
      const int quarter =
          (date.month - 1) / 3 + (ceil && !first_of_year ? 1 : 0);
      return FirstOfMonth(date.year * 12 + quarter * 3);
    }
    case DateTimeUnit::kMonth:
      return FirstOfMonth(date.year * 12 + date.month - 1 +
                          (ceil && !first_of_month ? 1 : 0));
    case DateTimeUnit::kWeek: {
      const int since_sunday = (MondayBased(days) + 1) % 7;
      return days - since_sunday + (ceil && since_sunday > 0 ? 7 : 0);
    }
    case DateTimeUnit::kDay: return days + next;
    default: return days;  // Finer than a day.
  }
}

int64_t TruncateTo(int64_t value, int64_t unit) {
  return FloorDiv(value, unit) * unit;
}

}  // namespace

int64_t TruncateMillis(int64_t millis, int precision) {
  if (precision >= 3) return millis;
  return TruncateTo(millis, PowerOfTen64(3 - precision));
}

int64_t TruncateMicros(int64_t micros, int precision) {
  if (precision >= 6) return micros;
  return TruncateTo(micros, PowerOfTen64(6 - precision));
}

TimeNanos TruncateNanos(TimeNanos value, int precision) {
  if (precision <= 3) return {TruncateMillis(value.millis, precision), 0};
  if (precision >= 9) return value;
  const int64_t unit = PowerOfTen64(9 - precision);
  return {value.millis, static_cast<int32_t>(TruncateTo(value.nanos, unit))};
}

bool IsCountedInMonths(DateTimeUnit unit) {
  switch (unit) {
    case DateTimeUnit::kYear:
    case DateTimeUnit::kQuarter:
    case DateTimeUnit::kMonth:
    case DateTimeUnit::kIsoYear:
    case DateTimeUnit::kDecade:
    case DateTimeUnit::kCentury:
    case DateTimeUnit::kMillennium: return true;
    default: return false;
  }
}

int64_t UnitLength(DateTimeUnit unit) {
  switch (unit) {
    case DateTimeUnit::kMonth: return 1;
    case DateTimeUnit::kQuarter: return 3;
    case DateTimeUnit::kYear:
    case DateTimeUnit::kIsoYear: return 12;
    case DateTimeUnit::kDecade: return 120;
    case DateTimeUnit::kCentury: return 1200;
    case DateTimeUnit::kMillennium: return 12000;
    case DateTimeUnit::kMillisecond: return 1;
    case DateTimeUnit::kSecond: return kMillisPerSecond;
    case DateTimeUnit::kMinute: return kMillisPerMinute;
    case DateTimeUnit::kHour: return kMillisPerHour;
    case DateTimeUnit::kDay: return kMillisPerDay;
    case DateTimeUnit::kWeek: return kMillisPerWeek;
    default: return 0;
  }
}

int64_t ExtractFromDate(DateTimeUnit unit, int32_t days) {
  switch (unit) {
    case DateTimeUnit::kYear: return CivilFromDays(days).year;
    case DateTimeUnit::kQuarter: return (CivilFromDays(days).month + 2) / 3;
    case DateTimeUnit::kMonth: return CivilFromDays(days).month;
    case DateTimeUnit::kWeek: return IsoWeekOf(days).week;
    case DateTimeUnit::kDay: return CivilFromDays(days).day;
    case DateTimeUnit::kIsoYear: return IsoWeekOf(days).year;
    case DateTimeUnit::kDayOfWeek: return (MondayBased(days) + 1) % 7 + 1;
    case DateTimeUnit::kIsoDayOfWeek: return MondayBased(days) + 1;
    case DateTimeUnit::kDayOfYear:
      return days - DaysFromCivil({CivilFromDays(days).year, 1, 1}) + 1;
    case DateTimeUnit::kEpoch: return int64_t{days} * 86400;
    case DateTimeUnit::kDecade: return CivilFromDays(days).year / 10;
    case DateTimeUnit::kCentury: return (CivilFromDays(days).year + 99) / 100;
    case DateTimeUnit::kMillennium:
      return (CivilFromDays(days).year + 999) / 1000;
    default: return 0;  // Midnight.
  }
}

int64_t ExtractFromTime(DateTimeUnit unit, int32_t millis) {
  switch (unit) {
    case DateTimeUnit::kHour: return millis / kMillisPerHour;
    case DateTimeUnit::kMinute: return millis / kMillisPerMinute % 60;
    case DateTimeUnit::kSecond: return millis / kMillisPerSecond % 60;
    case DateTimeUnit::kMillisecond: return millis % 1000;
    case DateTimeUnit::kMicrosecond: return millis % 1000 * 1000;
    case DateTimeUnit::kNanosecond: return millis % 1000 * 1'000'000;
    case DateTimeUnit::kEpoch: return millis / kMillisPerSecond;
    default: return ExtractFromDate(unit, 0);
  }
}

int64_t ExtractFromTimestamp(DateTimeUnit unit, TimeNanos value) {
  const DayAndTime split = SplitMillis(value.millis);
  switch (unit) {
    case DateTimeUnit::kHour:
    case DateTimeUnit::kMinute:
    case DateTimeUnit::kSecond:
    case DateTimeUnit::kMillisecond:
      return ExtractFromTime(unit, split.millis);
    case DateTimeUnit::kMicrosecond:
      return ExtractFromTime(unit, split.millis) + value.nanos / 1000;
    case DateTimeUnit::kNanosecond:
      return ExtractFromTime(unit, split.millis) + value.nanos;
    case DateTimeUnit::kEpoch:
      return FloorDiv(value.millis, kMillisPerSecond);
    default: return ExtractFromDate(unit, split.days);
  }
}

int32_t AddMonthsToDate(int32_t days, int64_t months) {
  const CivilDate date = CivilFromDays(days);
  const int64_t total = date.year * 12 + date.month - 1 + months;
  const int year = static_cast<int>(FloorDiv(total, 12));
  const int month = static_cast<int>(FloorMod(total, 12)) + 1;
  const int last = DaysInMonth(year, month);
  return DaysFromCivil({year, month, date.day < last ? date.day : last});
}

int64_t AddMonths(int64_t millis, int64_t months) {
  const DayAndTime split = SplitMillis(millis);
  return JoinMillis({AddMonthsToDate(split.days, months), split.millis});
}

int32_t MonthsBetween(int64_t from_millis, int64_t to_millis) {
  const DayAndTime from = SplitMillis(from_millis);
  const DayAndTime to = SplitMillis(to_millis);
  const bool backwards = to.days < from.days;
  const DayAndTime& early = backwards ? to : from;
  const DayAndTime& late = backwards ? from : to;
  const CivilDate a = CivilFromDays(early.days);
  const CivilDate b = CivilFromDays(late.days);
  int32_t months = (b.year - a.year) * 12 + b.month - a.month;
  if (AddMonthsToDate(early.days, months) > late.days) --months;
  if (backwards) months = -months;
  if (AddMonthsToDate(from.days, months) == to.days &&
      to.millis < from.millis) {
    --months;
  }
  return months;
}

int64_t TimestampDiff(DateTimeUnit unit, int64_t from_millis,
                      int64_t to_millis) {
  if (IsCountedInMonths(unit)) {
    return MonthsBetween(from_millis, to_millis) / UnitLength(unit);
  }
  const int64_t millis = to_millis - from_millis;
  if (unit == DateTimeUnit::kMicrosecond) return millis * 1000;
  if (unit == DateTimeUnit::kNanosecond) return millis * 1'000'000;
  MILLRACE_CHECK(UnitLength(unit) > 0);
  return millis / UnitLength(unit);
}

int32_t FloorDate(DateTimeUnit unit, int32_t days) {
  return FloorOrCeilDate(unit, days, /*ceil=*/false);
}

int32_t CeilDate(DateTimeUnit unit, int32_t days) {
  return FloorOrCeilDate(unit, days, /*ceil=*/true);
}

int64_t FloorMillis(DateTimeUnit unit, int64_t millis) {
  if (unit == DateTimeUnit::kWeek || IsCountedInMonths(unit)) {
    return FloorDate(unit, SplitMillis(millis).days) * kMillisPerDay;
  }
  const int64_t length = UnitLength(unit);
  return length == 0 ? millis : TruncateTo(millis, length);
}

int64_t CeilMillis(DateTimeUnit unit, int64_t millis) {
  if (unit == DateTimeUnit::kWeek || IsCountedInMonths(unit)) {
    return CeilDate(unit, SplitMillis(millis).days) * kMillisPerDay;
  }
  const int64_t length = UnitLength(unit);
  return length == 0 ? millis : -TruncateTo(-millis, length);
}

}  // namespace millrace
