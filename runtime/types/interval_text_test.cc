#include "runtime/types/interval_text.h"

#include <string>

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Unit = DateTimeUnit;

std::string Printed(int64_t value, bool year_month) {
  char text[kMaxIntervalTextLength];
  char* const end =
      year_month ? WriteIntervalYearMonth(static_cast<int32_t>(value), text)
                 : WriteIntervalDayTime(value, text);
  return std::string(text, end);
}

TEST(IntervalText, ReadsEveryQualifier) {
  const struct {
    const char* text;
    Unit from;
    Unit to;
    const char* expected;
  } cases[] = {
      {"2", Unit::kYear, Unit::kYear, "+2-00"},
      {"-1-02", Unit::kYear, Unit::kMonth, "-1-02"},
      {"89", Unit::kMonth, Unit::kMonth, "+7-05"},
      {"3", Unit::kQuarter, Unit::kQuarter, "+0-09"},
      {"1", Unit::kWeek, Unit::kWeek, "+7 00:00:00.000"},
      {"+2", Unit::kDay, Unit::kDay, "+2 00:00:00.000"},
      {"10 05", Unit::kDay, Unit::kHour, "+10 05:00:00.000"},
      {"10 00:12", Unit::kDay, Unit::kMinute, "+10 00:12:00.000"},
      {"-10 00:00:00.004", Unit::kDay, Unit::kSecond, "-10 00:00:00.004"},
      {"19 12:10:10.123", Unit::kDay, Unit::kSecond, "+19 12:10:10.123"},
      {"8", Unit::kHour, Unit::kHour, "+0 08:00:00.000"},
      {"30:15", Unit::kHour, Unit::kMinute, "+1 06:15:00.000"},
      {"1:02:03", Unit::kHour, Unit::kSecond, "+0 01:02:03.000"},
      {"10", Unit::kMinute, Unit::kMinute, "+0 00:10:00.000"},
      {"1:30", Unit::kMinute, Unit::kSecond, "+0 00:01:30.000"},
      {" 12.005 ", Unit::kSecond, Unit::kSecond, "+0 00:00:12.005"},
      {"0.0039", Unit::kSecond, Unit::kSecond, "+0 00:00:00.003"},
  };
  for (const auto& c : cases) {
    const auto value = ParseInterval(c.text, {c.from, c.to});
    ASSERT_TRUE(value.ok()) << c.text << ": " << value.status();
    EXPECT_EQ(Printed(*value, IsCountedInMonths(c.from)), c.expected);
  }
}

TEST(IntervalText, SaysWhatDoesNotSuit) {
  const struct {
    const char* text;
    Unit from;
    Unit to;
    const char* message;
  } cases[] = {
      {"1-12", Unit::kYear, Unit::kMonth,
       "interval field value 12 of MONTH is not below 12"},
      {"100", Unit::kDay, Unit::kDay,
       "interval field value 100 exceeds the precision of DAY(2)"},
      {"1 24:00", Unit::kDay, Unit::kMinute,
       "interval field value 24 of HOUR is not below 24"},
      {"1 2", Unit::kDay, Unit::kMinute,
       "interval '1 2' is not of the form 'day hour:minute'"},
      {"x", Unit::kYear, Unit::kYear,
       "interval 'x' is not of the form 'year'"},
      {"1.1234567", Unit::kSecond, Unit::kSecond,
       "interval '1.1234567' is not of the form 'second[.fraction of up to 6 "
       "digits]'"},
      {"1.", Unit::kSecond, Unit::kSecond,
       "interval '1.' is not of the form 'second[.fraction of up to 6 "
       "digits]'"},
  };
  for (const auto& c : cases) {
    const auto value = ParseInterval(c.text, {c.from, c.to});
    EXPECT_EQ(value.status().message(), c.message);
  }
  EXPECT_TRUE(ParseInterval("100", {.leading_digits = 3}).ok());
}

TEST(IntervalText, PrintsTheExtremes) {
  EXPECT_EQ(Printed(INT32_MIN, true), "-178956970-08");
  EXPECT_EQ(Printed(INT64_MIN, false), "-106751991167 07:12:55.808");
}

}  // namespace
}  // namespace millrace
