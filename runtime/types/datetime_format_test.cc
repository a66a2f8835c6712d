#include "runtime/types/datetime_format.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/types/datetime_text.h"

namespace millrace {
namespace {

constexpr auto kTime = PatternDialect::kDateTimeFormatter;
constexpr auto kText = PatternDialect::kSimpleDateFormat;

DateTimePattern Pattern(absl::string_view text, PatternDialect dialect) {
  auto pattern = DateTimePattern::Compile(text, dialect);
  EXPECT_TRUE(pattern.ok()) << pattern.status();
  return *std::move(pattern);
}

TimeNanos At(absl::string_view text) {
  TimeNanos value;
  EXPECT_TRUE(ParseTimestampText(text, 9, &value)) << text;
  return value;
}

std::string Formatted(const DateTimePattern& pattern, TimeNanos value) {
  std::vector<char> buffer(pattern.max_length());
  return std::string(buffer.data(), pattern.Write(value, buffer.data()));
}

std::string Printed(TimeNanos value) {
  char text[kMaxDateTimeTextLength];
  return std::string(text, WriteTimestamp(value, 3, text));
}

TEST(DateTimePattern, WritesEveryLetter) {
  const struct {
    const char* pattern;
    PatternDialect dialect;
    const char* expected;
  } cases[] = {
      {"yyyy-MM-dd HH:mm:ss.SSS", kTime, "2021-01-03 00:05:09.045"},
      {"yyyy-MM-dd HH:mm:ss.SSS", kText, "2021-01-03 00:05:09.045"},
      {"y yy yyyyy u M L d H m s", kTime, "2021 21 02021 2021 1 1 3 0 5 9"},
      {"SSSSSSSSS S", kTime, "045678901 0"},
      {"S SSSS", kText, "45 0045"},
      {"MMM MMMM MMMMM", kTime, "Jan January J"},
      {"EEE EEEE EEEEE", kTime, "Sun Sunday S"},
      {"EEEEE MMMMM", kText, "Sunday January"},
      {"e u", kTime, "1 2021"},
      {"u", kText, "7"},
      {"h hh K k a", kTime, "12 12 0 24 AM"},
      {"D DDD", kTime, "3 003"},
      {"Q QQ QQQ QQQQ", kTime, "1 01 Q1 1st quarter"},
      {"G GGGG", kTime, "AD Anno Domini"},
      {"YYYY w W", kTime, "2021 2 2"},
      {"n N A", kTime, "45678901 309045678901 309045"},
      {"'it''s' yyyy''", kTime, "it's 2021'"},
      {"yyyy-MM-dd'T'HH", kText, "2021-01-03T00"},
      {"", kTime, ""},
  };
  const TimeNanos moment = At("2021-01-03 00:05:09.045678901");
  for (const auto& c : cases) {
    EXPECT_EQ(Formatted(Pattern(c.pattern, c.dialect), moment), c.expected)
        << c.pattern;
  }
}

TEST(DateTimePattern, RefusesWhatItCannotDo) {
  const struct {
    const char* pattern;
    PatternDialect dialect;
    const char* message;
  } cases[] = {
      {"yyyy b", kTime, "pattern letter 'b' at character 6 cannot be used"},
      {"z", kText, "pattern letter 'z' at character 1 cannot be used"},
      {"[yyyy]", kTime, "pattern letter '[' at character 1 cannot be used"},
      {"HHH", kTime,
       "pattern letter 'H' at character 1 is repeated more than 2 times"},
      {"yyyy 'T", kTime, "the quote at character 6 is not closed"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(DateTimePattern::Compile(c.pattern, c.dialect)
                  .status()
                  .message(),
              c.message);
  }
}

struct ParseCase {
  const char* pattern;
  const char* text;
  const char* expected;  // nullptr: refused.
};

void Check(const ParseCase& c, PatternDialect dialect) {
  TimeNanos value;
  ASSERT_EQ(Pattern(c.pattern, dialect).Parse(c.text, &value),
            c.expected != nullptr)
      << c.text << " by " << c.pattern;
  if (c.expected != nullptr) {
    EXPECT_EQ(Printed(value), c.expected) << c.text << " by " << c.pattern;
  }
}

TEST(DateTimePattern, JavaTimeReadsStrictly) {
  const ParseCase cases[] = {
      {"yyyy-MM-dd", "2024-02-30", "2024-02-29 00:00:00.000"},
      {"yyyyMMddHHmmssSSS", "20240229123456789", "2024-02-29 12:34:56.789"},
      {"y-M-d H:m:s", "2024-2-9 1:2:3", "2024-02-09 01:02:03.000"},
      {"yyyyMMdd mm:ss.SSSSSSS", "20000202 59:59.1234567",
       "2000-02-02 00:59:59.123"},
      {"yyyy-DDD", "2024-060", "2024-02-29 00:00:00.000"},
      {"h:mm a", "12:34 PM", "1970-01-01 12:34:00.000"},
      {"EEE, dd MMM yyyy HH:mm:ss", "Thu, 29 Feb 2024 12:34:56",
       "2024-02-29 12:34:56.000"},
      {"yyyy-MM-dd HH:mm:ss", "2024-02-29 24:00:00",
       "2024-03-01 00:00:00.000"},
      {"HH:mm", "24:00", "1970-01-01 00:00:00.000"},
      {"yy", "99", "2099-01-01 00:00:00.000"},
      {"EEE, dd MMM yyyy HH:mm:ss", "Fri, 29 Feb 2024 12:34:56", nullptr},
      {"yyyy-MM-dd", "2024-2-9", nullptr},
      {"yyyy-MM-dd", "2024-02-29 ", nullptr},
      {"yyyy-MM-dd", "2024-13-01", nullptr},
      {"yyyy-MM-dd", "12024-01-01", nullptr},
      {"yyyy-MM-dd", "0000-01-01", nullptr},
      {"yyyy-DDD", "2023-366", nullptr},
      {"h:mm a", "12:34 pm", nullptr},
      {"HH:mm", "25:00", nullptr},
  };
  for (const ParseCase& c : cases) Check(c, kTime);
}

TEST(DateTimePattern, JavaTextReadsLeniently) {
  const ParseCase cases[] = {
      {"yyyy-MM-dd", "2024-02-30", "2024-03-01 00:00:00.000"},
      {"yyyy-MM-dd", "2024-2-9 and more", "2024-02-09 00:00:00.000"},
      {"yyyy-MM-dd", "2024-13-45", "2025-02-14 00:00:00.000"},
      {"yyyyMMdd", "20240229", "2024-02-29 00:00:00.000"},
      {"yyyy/MM/dd HH:mm:ss.S", "2015/07/24 10:00:00.5",
       "2015-07-24 10:00:00.005"},
      {"MMM d, yyyy", "march 5, 2024", "2024-03-05 00:00:00.000"},
      {"hh:mm a", "12:05 am", "1970-01-01 00:05:00.000"},
      {"HH:mm", " 25: 61", "1970-01-02 02:01:00.000"},
      {"yy", "26", "2026-01-01 00:00:00.000"},
      {"yyyy-MM-dd", "invalid value", nullptr},
      {"yyyyMMdd", "2024", nullptr},
      {"yyyy-MM-dd", "", nullptr},
  };
  for (const ParseCase& c : cases) Check(c, kText);
}

TEST(DateTimePattern, ToTimestampFallsBackToThePlainForms) {
  const struct {
    const char* text;
    const char* expected;
  } cases[] = {
      {"2017-09-15 00:00:00.123", "2017-09-15 00:00:00.123"},
      {"2017-09-15 00:00:00.12399", "2017-09-15 00:00:00.123"},
      {"1999-9-10", "1999-09-10 00:00:00.000"},
      {" 1999-9-10 05:20:10 ", "1999-09-10 05:20:10.000"},
      {"1999-02-31", "1999-03-03 00:00:00.000"},
      {"1999-9-10  05:20:10", nullptr},
      {"invalid value", nullptr},
  };
  const DateTimePattern pattern = Pattern("yyyy-MM-dd HH:mm:ss.SSS", kTime);
  for (const auto& c : cases) {
    TimeNanos value;
    ASSERT_EQ(ParseTimestampByPattern(pattern, c.text, 3, &value),
              c.expected != nullptr)
        << c.text;
    if (c.expected != nullptr) {
      EXPECT_EQ(Printed(value), c.expected);
    }
  }
}

}  // namespace
}  // namespace millrace
