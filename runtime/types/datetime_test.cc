#include "runtime/types/datetime.h"

#include <string>

#include <gtest/gtest.h>

#include "runtime/types/datetime_text.h"

namespace millrace {
namespace {

using Unit = DateTimeUnit;

int64_t Ms(absl::string_view text) {
  TimeNanos value;
  EXPECT_TRUE(ParseTimestampText(text, 3, &value)) << text;
  return value.millis;
}
int32_t Day(absl::string_view text) { return SplitMillis(Ms(text)).days; }

std::string Text(int64_t millis) {
  char text[kMaxDateTimeTextLength];
  return std::string(text, WriteTimestampMillis(millis, 0, text));
}

TEST(DateTime, CivilDatesRoundTripThroughTenThousandYears) {
  CivilDate expected = {0, 1, 1};
  for (int32_t day = DaysFromCivil(expected); expected.year < 10'000; ++day) {
    ASSERT_EQ(CivilFromDays(day), expected);
    ASSERT_EQ(DaysFromCivil(expected), day);
    if (++expected.day > DaysInMonth(expected.year, expected.month)) {
      expected.day = 1;
      if (++expected.month == 13) expected = {expected.year + 1, 1, 1};
    }
  }
  EXPECT_EQ(DaysFromCivil({1970, 1, 1}), 0);
}

TEST(DateTime, SplitsDownwardsBeforeTheEpoch) {
  EXPECT_EQ(SplitMillis(-1).days, -1);
  EXPECT_EQ(SplitMillis(-1).millis, kMillisPerDay - 1);
  EXPECT_EQ(JoinMillis(SplitMillis(-123456789)), -123456789);
  EXPECT_EQ(MillisFromMicros(-1), -1);
  EXPECT_EQ(NanosFromMicros(-1), (TimeNanos{-1, 999'000}));
  EXPECT_EQ(MicrosFromNanos(NanosFromMicros(-1)), -1);
}

TEST(DateTime, CutsFractions) {
  EXPECT_EQ(TruncateMillis(1999, 0), 1000);
  EXPECT_EQ(TruncateMillis(-1, 1), -100);
  EXPECT_EQ(TruncateMicros(123456, 4), 123400);
  EXPECT_EQ(TruncateNanos({1, 123'456}, 8), (TimeNanos{1, 123'450}));
  EXPECT_EQ(TruncateNanos({123, 456'789}, 2), (TimeNanos{120, 0}));
}

TEST(DateTime, ExtractsFields) {
  const struct {
    Unit unit;
    const char* text;
    int64_t expected;
  } cases[] = {
      {Unit::kYear, "2018-03-20 06:44:31", 2018},
      {Unit::kQuarter, "2016-04-12", 2},
      {Unit::kMonth, "2018-03-20", 3},
      {Unit::kWeek, "2021-01-03", 53},
      {Unit::kDay, "2018-03-20 07:59:59", 20},
      {Unit::kDayOfYear, "2020-12-31", 366},
      {Unit::kDayOfWeek, "2021-02-28", 1},
      {Unit::kIsoDayOfWeek, "2006-01-01", 7},
      {Unit::kIsoDayOfWeek, "1969-12-31", 3},
      {Unit::kIsoYear, "1950-01-01", 1949},
      {Unit::kIsoYear, "1969-12-29", 1970},
      {Unit::kDecade, "2018-03-20", 201},
      {Unit::kCentury, "2018-03-20", 21},
      {Unit::kCentury, "2000-12-31", 20},
      {Unit::kMillennium, "2018-03-20", 3},
      {Unit::kEpoch, "2021-12-22 12:13:14", 1640175194},
      {Unit::kHour, "1969-12-31 23:10:05.250", 23},
      {Unit::kMinute, "1969-12-31 23:10:05.250", 10},
      {Unit::kSecond, "1969-12-31 23:10:05.250", 5},
      {Unit::kMillisecond, "1969-12-31 23:10:05.250", 250},
      {Unit::kMicrosecond, "1969-12-31 23:10:05.250", 250'000},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ExtractFromTimestamp(c.unit, {Ms(c.text), 0}), c.expected)
        << c.text;
  }
  EXPECT_EQ(ExtractFromTimestamp(Unit::kNanosecond, {123, 456'789}),
            123'456'789);
}

TEST(DateTime, AddsMonthsUpToTheEndOfTheMonth) {
  EXPECT_EQ(Text(AddMonths(Ms("2016-05-31"), 1)), "2016-06-30 00:00:00");
  EXPECT_EQ(Text(AddMonths(Ms("2016-02-29 12:00:00"), -12)),
            "2015-02-28 12:00:00");
  EXPECT_EQ(Text(AddMonths(Ms("2017-11-29 22:58:58"), -61)),
            "2012-10-29 22:58:58");
  EXPECT_EQ(Text(AddMonths(Ms("2017-11-29"), -12'000)),
            "1017-11-29 00:00:00");
  EXPECT_EQ(AddToTime(86'399'000, kMillisPerMinute), 59'000);
  EXPECT_EQ(AddToTime(0, -kMillisPerSecond), 86'399'000);
}

TEST(DateTime, DifferencesAreWholeUnits) {
  const struct {
    Unit unit;
    const char* from;
    const char* to;
    int64_t expected;
  } cases[] = {
      {Unit::kMonth, "2019-09-01", "2016-08-01", -37},
      {Unit::kMonth, "2018-07-03 11:11:11", "2018-09-05 11:11:11", 2},
      {Unit::kMonth, "2018-01-31", "2018-02-28", 1},
      {Unit::kMonth, "2018-01-31", "2018-02-27", 0},
      {Unit::kMonth, "2018-01-15 12:00:00", "2018-02-15 11:00:00", 0},
      {Unit::kQuarter, "2016-06-15", "2018-03-18", 7},
      {Unit::kYear, "2016-06-15", "2018-06-14", 1},
      {Unit::kWeek, "2016-08-15", "2016-06-18", -8},
      {Unit::kDay, "2016-06-15 11:00:00", "2016-06-19", 3},
      {Unit::kHour, "2016-06-15", "2016-06-12", -72},
      {Unit::kMinute, "1970-01-01 01:02:03.123", "1970-01-01", -62},
      {Unit::kSecond, "1970-01-01 00:00:00.123", "1970-01-01 00:02:03.234",
       123},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(TimestampDiff(c.unit, Ms(c.from), Ms(c.to)), c.expected)
        << c.from << " to " << c.to;
  }
}

TEST(DateTime, FloorsAndCeilsAsFlinkDoes) {
  const struct {
    Unit unit;
    const char* text;
    const char* floor;
    const char* ceil;
  } cases[] = {
      {Unit::kSecond, "1969-12-31 23:59:59.500", "1969-12-31 23:59:59",
       "1970-01-01 00:00:00"},
      {Unit::kHour, "2018-03-20 06:44:31", "2018-03-20 06:00:00",
       "2018-03-20 07:00:00"},
      {Unit::kDay, "2018-03-01", "2018-03-01 00:00:00",
       "2018-03-01 00:00:00"},
      {Unit::kWeek, "2021-02-27", "2021-02-21 00:00:00",
       "2021-02-28 00:00:00"},
      {Unit::kWeek, "2021-03-01", "2021-02-28 00:00:00",
       "2021-03-07 00:00:00"},
      {Unit::kMonth, "2018-12-02", "2018-12-01 00:00:00",
       "2019-01-01 00:00:00"},
      {Unit::kQuarter, "2018-01-02 21:00:01", "2018-01-01 00:00:00",
       "2018-04-01 00:00:00"},
      // From WEEK on the time of day does not count.
      {Unit::kYear, "2018-01-01 21:00:01", "2018-01-01 00:00:00",
       "2018-01-01 00:00:00"},
      {Unit::kDecade, "1999-01-01", "1990-01-01 00:00:00",
       "2000-01-01 00:00:00"},
      {Unit::kCentury, "2018-01-02 21:00:01", "2001-01-01 00:00:00",
       "2101-01-01 00:00:00"},
      {Unit::kMillennium, "2018-01-02 21:00:01", "2001-01-01 00:00:00",
       "3001-01-01 00:00:00"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Text(FloorMillis(c.unit, Ms(c.text))), c.floor) << c.text;
    EXPECT_EQ(Text(CeilMillis(c.unit, Ms(c.text))), c.ceil) << c.text;
  }
  EXPECT_EQ(FloorDate(Unit::kWeek, Day("2021-02-27")), Day("2021-02-21"));
  EXPECT_EQ(CeilDate(Unit::kDecade, Day("2018-01-02")), Day("2020-01-01"));
}

}  // namespace
}  // namespace millrace
