#include "runtime/types/datetime_text.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "runtime/types/standard_datetime_text.h"

namespace millrace {
namespace {

template <typename Writer>
std::string Written(Writer writer) {
  char text[kMaxDateTimeTextLength];
  return std::string(text, writer(text));
}

std::string DateText(int32_t days) {
  return Written([&](char* out) { return WriteDate(days, out); });
}
std::string TimeText(int32_t millis, int precision) {
  return Written([&](char* out) { return WriteTime(millis, precision, out); });
}
std::string TimestampText(TimeNanos value, int precision) {
  return Written(
      [&](char* out) { return WriteTimestamp(value, precision, out); });
}

struct Case {
  const char* text;
  const char* expected;  // nullptr: refused.
};

TEST(DateTimeText, CastsDates) {
  const Case cases[] = {
      {"2020-1-2", "2020-01-02"},
      {"2020-01", "2020-01-01"},
      {"123", "0123-01-01"},
      {" 2020-01-02 ", "2020-01-02"},
      {"2021-09-27 12:34:56.123456789", "2021-09-27"},
      {"2020-02-29", "2020-02-29"},
      {"2021-02-29", nullptr},
      {"2020-01-02T00:00", nullptr},
      {"2020-", nullptr},
      {"20200102", nullptr},
      {"-2020-01-01", nullptr},
      {"", nullptr},
  };
  for (const Case& c : cases) {
    int32_t days;
    ASSERT_EQ(ParseDateText(c.text, &days), c.expected != nullptr) << c.text;
    if (c.expected != nullptr) {
      EXPECT_EQ(DateText(days), c.expected);
    }
  }
}

TEST(DateTimeText, CastsTimes) {
  const Case cases[] = {
      {"23", "23:00:00.0"},
      {"23:45", "23:45:00.0"},
      {"1:2:3", "01:02:03.0"},
      {"12:34:56.123456789", "12:34:56.123"},
      {"12:34:56.1239", "12:34:56.124"},
      {"12:34:56.5+01:00", "13:34:56.5"},
      {" 12: 34 :56", "12:34:56.0"},
      {"00:00:00-01:00", "23:00:00.0"},
      {"24:00:00", nullptr},
      {"23:60:00", nullptr},
      {"12:34:", nullptr},
      {"abc", nullptr},
      {"", nullptr},
  };
  for (const Case& c : cases) {
    int32_t millis;
    ASSERT_EQ(ParseTimeText(c.text, 3, &millis), c.expected != nullptr)
        << c.text;
    if (c.expected != nullptr) {
      EXPECT_EQ(TimeText(millis, 3), c.expected);
    }
  }
  EXPECT_EQ(TimeText(45'296'123, 0), "12:34:56");
}

TEST(DateTimeText, CastsTimestamps) {
  const Case cases[] = {
      {"2021-09-27", "2021-09-27 00:00:00.000000000"},
      {"2021-9-7 1:2:3", "2021-09-07 01:02:03.000000000"},
      {"2021-09-27 12:34:56.123456789", "2021-09-27 12:34:56.123456789"},
      {"2021-09-27 12:34:56.", "2021-09-27 12:34:56.000000000"},
      {"2021-02-31", "2021-02-28 00:00:00.000000000"},
      {"2021-09-27 24:00:00", "2021-09-28 00:00:00.000000000"},
      {"1500-04-30 12:00:00.5", "1500-04-30 12:00:00.500000000"},
      {"2021-09-27 24:00:01", nullptr},
      {"2021-09-27 12:00:60", nullptr},
      {"2021-09-27 12:00", nullptr},
      {"2021-09-27T12:00:00", nullptr},
      {"2021-04-32", nullptr},
      {" 2021-09-27", nullptr},
      {"2021-09-27 ", nullptr},
      {"0000-01-01", nullptr},
      {"12021-09-27", nullptr},
      {"2021-09-27 12:34:56.1234567891", nullptr},
  };
  for (const Case& c : cases) {
    TimeNanos value;
    ASSERT_EQ(ParseTimestampText(c.text, 9, &value), c.expected != nullptr)
        << c.text;
    if (c.expected != nullptr) {
      EXPECT_EQ(TimestampText(value, 9), c.expected);
    }
  }
  TimeNanos cut;
  ASSERT_TRUE(ParseTimestampText("1970-01-01 00:00:00.129", 2, &cut));
  EXPECT_EQ(cut, (TimeNanos{120, 0}));
  EXPECT_EQ(TimestampText({-1, 999'999}, 6), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(TimestampText({0, 0}, 0), "1970-01-01 00:00:00");
}

TEST(StandardDateTimeText, ReadsSqlTimestampsStrictly) {
  const Case cases[] = {
      {"2020-01-02 03:04:05", "2020-01-02 03:04:05"},
      {"2020-01-02 03:04:05.", "2020-01-02 03:04:05"},
      {"2020-01-02 03:04:05.120", "2020-01-02 03:04:05.12"},
      {"2020-01-02 03:04:05.123456789", "2020-01-02 03:04:05.123456789"},
      {"2020-01-02 24:00:00.000", "2020-01-03 00:00:00"},
      {"2020-02-30 00:00:00.500", "2020-02-29 00:00:00.5"},
      {"2020-02-30 00:00:00", "2020-02-29 00:00:00"},
      {"0000-01-01 00:00:00.000", "0000-01-01 00:00:00"},
      {"2020-01-02 24:00:00.001", nullptr},
      {"2020-01-02T03:04:05.000", nullptr},
      {"2020-01-02 03:04:05Z", nullptr},
      {"2020-01-02 03:04", nullptr},
      {"2020-01-02", nullptr},
      {" 2020-01-02 03:04:05", nullptr},
      {"2020-01-02 03:04:05 ", nullptr},
      {"2020-1-02 03:04:05", nullptr},
      {"2020-13-02 03:04:05.000", nullptr},
      {"", nullptr},
  };
  DateTextCache cache;
  for (const Case& c : cases) {
    TimeNanos value;
    ASSERT_EQ(ParseStandardTimestamp(c.text, {}, &value),
              c.expected != nullptr)
        << c.text;
    int64_t millis;
    ASSERT_EQ(ParseSqlTimestampMillis(c.text, &cache, &millis),
              c.expected != nullptr)
        << c.text;
    if (c.expected == nullptr) continue;
    EXPECT_EQ(millis, value.millis) << c.text;
    EXPECT_EQ(Written([&](char* out) {
      return WriteStandardTimestamp(value, {}, out);
    }), c.expected);
  }
}

// The fast way agrees with the careful one whatever byte is wrong.
TEST(StandardDateTimeText, FastWayRefusesWhatTheCarefulOneRefuses) {
  const std::string good = "2024-02-29 12:34:56.789";
  DateTextCache cache;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[at] = static_cast<char>(byte);
      TimeNanos expected;
      const bool valid = ParseStandardTimestamp(text, {}, &expected);
      int64_t millis = 0;
      ASSERT_EQ(ParseSqlTimestampMillis(text, &cache, &millis), valid) << text;
      if (valid) {
        ASSERT_EQ(millis, expected.millis) << text;
      }
    }
  }
}

TEST(StandardDateTimeText, ReadsIso8601) {
  const StandardTextOptions plain{TimestampStandard::kIso8601, false};
  const StandardTextOptions zoned{TimestampStandard::kIso8601, true};
  const struct {
    const char* text;
    StandardTextOptions options;
    bool valid;
  } cases[] = {
      {"2020-01-02T03:04:05.1", plain, true},
      {"2020-01-02t03:04", plain, true},
      {"2020-01-02T24:00:00", plain, false},
      {"2020-02-30T00:00:00", plain, false},
      {"2020-01-02 03:04:05", plain, false},
      {"2020-01-02T03:04:05Z", plain, false},
      {"2020-01-02T03:04Z", zoned, true},
      {"2020-01-02T24:00:00Z", zoned, true},
      {"2020-01-02t03:04:05Z", zoned, false},
      {"2020-01-02T03:04:05", zoned, false},
  };
  for (const auto& c : cases) {
    TimeNanos value;
    EXPECT_EQ(ParseStandardTimestamp(c.text, c.options, &value), c.valid)
        << c.text;
  }
  EXPECT_EQ(Written([&](char* out) {
    return WriteStandardTimestamp({1500, 0}, zoned, out);
  }), "1970-01-01T00:00:01.5Z");
}

TEST(StandardDateTimeText, ReadsDatesAndTimes) {
  int32_t value;
  EXPECT_TRUE(ParseStandardDate("1970-01-02", &value));
  EXPECT_EQ(value, 1);
  EXPECT_FALSE(ParseStandardDate("2020-02-30", &value));
  EXPECT_FALSE(ParseStandardDate("2020-2-3", &value));
  EXPECT_TRUE(ParseStandardTime("00:00:01.5", &value));
  EXPECT_EQ(value, 1500);
  EXPECT_TRUE(ParseStandardTime("24:00:00", &value));
  EXPECT_EQ(value, 0);
  EXPECT_FALSE(ParseStandardTime("00:00", &value));
  EXPECT_EQ(Written([&](char* out) { return WriteStandardTime(1500, out); }),
            "00:00:01.5");
}

}  // namespace
}  // namespace millrace
