#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/expr/function_caller.h"
#include "runtime/expr/function_families.h"
#include "runtime/types/datetime_text.h"

namespace millrace {
namespace {

Arg Date(absl::string_view text) {
  int32_t days = 0;
  EXPECT_TRUE(ParseDateText(text, &days));
  return {LogicalType::Date().NotNull(), Value::Int(days)};
}
Arg Time(absl::string_view text) {
  int32_t millis = 0;
  EXPECT_TRUE(ParseTimeText(text, 3, &millis));
  return {LogicalType::Time(0).NotNull(), Value::Int(millis)};
}
Arg At(absl::string_view text, int precision = 3, bool zoned = false) {
  TimeNanos time;
  EXPECT_TRUE(ParseTimestampText(text, precision, &time));
  const LogicalType type =
      (zoned ? LogicalType::TimestampLtz(precision)
             : LogicalType::Timestamp(precision))
          .NotNull();
  if (precision > 6) return {type, Value::Nanos(time)};
  return {type, Value::Int(precision > 3 ? MicrosFromNanos(time)
                                         : time.millis)};
}
// TIMESTAMP_LTZ(3) of a time in UTC.
Arg Utc(absl::string_view text) { return At(text, 3, /*zoned=*/true); }
Arg Hours(int64_t hours) {
  return {LogicalType::IntervalDayTime().NotNull(),
          Value::Int(hours * kMillisPerHour)};
}
Arg Months(int64_t months) {
  return {LogicalType::IntervalYearMonth().NotNull(), Value::Int(months)};
}

class DatetimeFunctions : public testing::Test {
 protected:
  // The session's zone, and a clock that stands at 2021-12-22 23:30:15.25 UTC.
  explicit DatetimeFunctions(absl::string_view zone = "UTC") {
    FunctionContext context;
    EXPECT_TRUE(
        absl::LoadTimeZone(std::string(zone), &context.local_time_zone));
    context.clock = &clock_;
    caller_ = std::make_unique<FunctionCaller>(RegisterDatetimeFunctions,
                                               context);
    rounding_ =
        std::make_unique<FunctionCaller>(RegisterMathFunctions, context);
  }

  void ExpectAll(const std::vector<FunctionCase>& table) const {
    for (const FunctionCase& line : table) {
      const absl::string_view name = line.name;
      const auto& caller =
          name == "FLOOR" || name == "CEIL" ? *rounding_ : *caller_;
      EXPECT_EQ(caller.Call(name, line.args), line.expected)
          << Describe(line);
    }
  }

  ManualClock clock_{absl::FromUnixMillis(1'640'215'815'250)};
  std::unique_ptr<FunctionCaller> caller_, rounding_;
};

class InShanghai : public DatetimeFunctions {
 protected:
  InShanghai() : DatetimeFunctions("Asia/Shanghai") {}
};

TEST_F(DatetimeFunctions, ReadTheClock) {
  ExpectAll({
      {"CURRENT_DATE", {}, "2021-12-22"},
      {"CURRENT_TIME", {}, "23:30:15"},
      {"LOCALTIME", {}, "23:30:15"},
      {"LOCALTIMESTAMP", {}, "2021-12-22 23:30:15.250"},
      {"CURRENT_TIMESTAMP", {}, "2021-12-22 23:30:15.250"},
      {"PROCTIME", {}, "2021-12-22 23:30:15.250"},
      {"UNIX_TIMESTAMP", {}, "1640215815"},
  });
}

TEST_F(InShanghai, ReadTheClock) {
  ExpectAll({
      {"CURRENT_DATE", {}, "2021-12-23"},
      {"LOCALTIMESTAMP", {}, "2021-12-23 07:30:15.250"},
      {"NOW", {}, "2021-12-22 23:30:15.250"},
  });
}

TEST_F(DatetimeFunctions, ExtractFields) {
  const Arg time = At("1996-11-10 06:55:44.333");
  const Arg fine = At("2020-02-29 01:56:59.987654", 6);
  ExpectAll({
      {"EXTRACT", {Word("QUARTER"), Date("1996-11-10")}, "4"},
      {"EXTRACT", {Word("WEEK"), time}, "45"},
      {"EXTRACT", {Word("MINUTE"), Time("06:55:44")}, "55"},
      {"EXTRACT", {Word("NANOSECOND"), fine}, "987654000"},
      {"EXTRACT", {Word("MICROSECOND"), fine}, "987654"},
      {"EXTRACT", {Word("MILLISECOND"), fine}, "987"},
      {"EXTRACT", {Word("HOUR"), fine}, "1"},
      {"EXTRACT", {Word("DECADE"), fine}, "202"},
      {"EXTRACT", {Word("EPOCH"), fine}, "1582941419"},
      {"EXTRACT", {Word("YEAR"), Months(25)}, "2"},
      {"EXTRACT", {Word("DAY"), Hours(19 * 24 + 12)}, "19"},
      {"EXTRACT", {Word("HOUR"), Hours(19 * 24 + 12)}, "12"},
      {"HOUR", {time}, "6"},
      {"HOUR", {At("1969-12-31 23:59:59.999")}, "23"},
      {"SECOND", {Time("06:55:44")}, "44"},
      {"YEAR", {time}, "1996"},
      {"DAYOFWEEK", {Date("1996-11-10")}, "1"},
      {"DAYOFYEAR", {Date("1996-11-10")}, "315"},
      {"DAYOFMONTH", {time}, "10"},
      {"HOUR", {Null(LogicalType::Timestamp(3))}, "NULL"},
  });
  EXPECT_THAT(caller_->Call("EXTRACT", {Word("PARSEC"), time}),
              testing::StartsWith("REFUSED: SQL-0101"));
}

TEST_F(InShanghai, ExtractFieldsOfTheLocalTime) {
  ExpectAll({
      {"EXTRACT", {Word("DAY"), Utc("2018-03-19 23:59:59")}, "20"},
      {"EXTRACT", {Word("EPOCH"), Utc("2021-12-22 04:13:14")}, "1640175194"},
      {"HOUR", {Utc("2018-03-19 23:59:59")}, "7"},
  });
}

TEST_F(DatetimeFunctions, RoundToUnits) {
  const Arg time = At("1996-11-10 06:55:44.333");
  ExpectAll({
      {"FLOOR", {time, Word("MINUTE")}, "1996-11-10 06:55:00.000"},
      {"FLOOR", {Time("06:55:44"), Word("HOUR")}, "06:00:00"},
      {"FLOOR", {Date("1996-11-10"), Word("YEAR")}, "1996-01-01"},
      {"CEIL", {time, Word("HOUR")}, "1996-11-10 07:00:00.000"},
      {"CEIL", {Date("1996-11-10"), Word("MONTH")}, "1996-12-01"},
      {"CEIL", {Time("12:44:31"), Word("MINUTE")}, "12:45:00"},
      {"CEIL", {At("2020-02-29 01:56:59.987654", 6), Word("MILLISECOND")},
       "2020-02-29 01:56:59.988000"},
      {"CEIL", {At("2020-02-29 01:56:59.000654", 6), Word("SECOND")},
       "2020-02-29 01:56:59.000000"},
      {"FLOOR", {At("2020-02-29 01:56:59.987654", 6), Word("MILLISECOND")},
       "2020-02-29 01:56:59.987000"},
  });
}

TEST_F(InShanghai, RoundTheLocalTime) {
  ExpectAll({
      {"FLOOR", {Utc("1990-10-14 00:00:00"), Word("DAY")},
       "1990-10-13 16:00:00.000"},
      {"CEIL", {Utc("1990-10-13 23:10:00"), Word("HOUR")},
       "1990-10-14 00:00:00.000"},
  });
}

TEST_F(DatetimeFunctions, WriteByPattern) {
  const Arg time = At("2018-03-14 01:02:03.123");
  ExpectAll({
      {"DATE_FORMAT", {time, "yyyy-MM-dd"}, "2018-03-14"},
      {"DATE_FORMAT", {time, "HH:mm"}, "01:02"},
      {"DATE_FORMAT", {time, "yyyy/MM/dd HH:mm:ss.SSS"},
       "2018/03/14 01:02:03.123"},
      {"DATE_FORMAT",
       {At("1970-01-01 00:00:00.123456789", 9), "mm:ss.SSSSSSSSS"},
       "00:00.123456789"},
      {"DATE_FORMAT", {Date("2018-03-14"), "dd.MM.yyyy"}, "14.03.2018"},
      {"DATE_FORMAT", {"2018-03-14 01:02:03", "yyyy/MM/dd HH:mm:ss"},
       "2018/03/14 01:02:03"},
      {"DATE_FORMAT", {"invalid value", "yyyy/MM/dd HH:mm:ss"}, "NULL"},
      {"FROM_UNIXTIME", {3, "yyyy-MM-dd HH:mm:ss.SSS"},
       "1970-01-01 00:00:03.000"},
      {"FROM_UNIXTIME", {Null(LogicalType::BigInt())}, "NULL"},
  });
}

// The text kept for the rows that follow must not outlive its span of time.
TEST_F(DatetimeFunctions, WriteEachRowOfAColumn) {
  FunctionRegistry registry;
  RegisterDatetimeFunctions(registry);
  const LogicalType type = LogicalType::Timestamp(3).NotNull();
  const LogicalType text = LogicalType::String().NotNull();
  const Value pattern = Value::Text("yyyy-MM-dd HH:mm");
  const ArgumentInfo args[] = {{type, nullptr}, {text, &pattern}};
  auto kernel = registry.Find("DATE_FORMAT")->make_kernel(
      args, LogicalType::String(), {});
  ASSERT_TRUE(kernel.ok());
  const Value times[] = {
      At("2018-03-14 01:02:59.999").value, At("2018-03-14 01:02:00").value,
      At("2018-03-14 01:03:00").value, At("1969-12-31 23:59:59.999").value};
  const VectorRef column = VectorOf(type, times);
  const VectorRef constant = Vector::Constant(text, pattern);
  const Vector* const columns[] = {column.get(), constant.get()};
  for (int batch = 0; batch < 2; ++batch) {
    Vector out(LogicalType::String(), 4);
    RowErrors errors;
    (*kernel)->Run({.args = columns, .rows = Selection::All(4), .out = &out,
                    .errors = &errors});
    const StringView* const rows = out.data<StringView>();
    EXPECT_EQ(rows[0].view(), "2018-03-14 01:02");
    EXPECT_EQ(rows[1].view(), "2018-03-14 01:02");
    EXPECT_EQ(rows[2].view(), "2018-03-14 01:03");
    EXPECT_EQ(rows[3].view(), "1969-12-31 23:59");
  }
}

TEST_F(InShanghai, WriteTheLocalTime) {
  ExpectAll({
      {"DATE_FORMAT", {Utc("2018-03-13 17:02:03"), "yyyy-MM-dd HH:mm:ss"},
       "2018-03-14 01:02:03"},
      {"FROM_UNIXTIME", {3}, "1970-01-01 08:00:03"},
  });
}

TEST_F(DatetimeFunctions, ReadFromText) {
  ExpectAll({
      {"TO_DATE", {"2018-03-18"}, "2018-03-18"},
      {"TO_DATE", {"18.03.2018", "dd.MM.yyyy"}, "2018-03-18"},
      {"TO_DATE", {"invalid value"}, "NULL"},
      {"TO_TIMESTAMP", {"1970-01-01 08:01:40"}, "1970-01-01 08:01:40.000"},
      {"TO_TIMESTAMP", {"1970-01-01 00:00:00.123456789"},
       "1970-01-01 00:00:00.123"},
      {"TO_TIMESTAMP", {"20000202 59:59.1234567", "yyyyMMdd mm:ss.SSSSSSS"},
       "2000-02-02 00:59:59.123"},
      {"TO_TIMESTAMP", {"2017-09-15", "yyyy-MM-dd"},
       "2017-09-15 00:00:00.000"},
      {"TO_TIMESTAMP", {"abc"}, "NULL"},
      {"UNIX_TIMESTAMP", {"2015-07-24 10:00:00"}, "1437732000"},
      {"UNIX_TIMESTAMP",
       {"2015/07/24 10:00:00.5", "yyyy/MM/dd HH:mm:ss.S"}, "1437732000"},
      {"CONVERT_TZ", {"1970-01-01 00:00:00", "UTC", "America/Los_Angeles"},
       "1969-12-31 16:00:00"},
      {"CONVERT_TZ", {"invalid value", "UTC", "Asia/Shanghai"}, "NULL"},
  });
}

TEST_F(DatetimeFunctions, MakeZonedTimestamps) {
  Arg micros = 6;
  Arg nanos = 9;
  micros.always_literal = nanos.always_literal = true;
  ExpectAll({
      {"TO_TIMESTAMP_LTZ", {Long(1234567890123456), micros},
       "2009-02-13 23:31:30.123456"},
      {"TO_TIMESTAMP_LTZ", {-1, nanos}, "1969-12-31 23:59:59.999999999"},
      {"TO_TIMESTAMP_LTZ", {99.9, micros}, "1970-01-01 00:00:00.000099"},
      {"TO_TIMESTAMP_LTZ", {100, 0}, "1970-01-01 00:01:40.000"},
      {"TO_TIMESTAMP_LTZ", {1234, 3}, "1970-01-01 00:00:01.234"},
      {"TO_TIMESTAMP_LTZ", {1234}, "1970-01-01 00:00:01.234"},
      {"TO_TIMESTAMP_LTZ", {-100, 0}, "1969-12-31 23:58:20.000"},
      {"TO_TIMESTAMP_LTZ", {100.123, 0}, "1970-01-01 00:01:40.123"},
      {"TO_TIMESTAMP_LTZ", {-1.7976931348623157E308, 0}, "NULL"},
      {"TO_TIMESTAMP_LTZ", {Long(253402300800000), 3}, "NULL"},
      {"TO_TIMESTAMP_LTZ", {Long(253402300799999), 3},
       "9999-12-31 23:59:59.999"},
      {"TO_TIMESTAMP_LTZ", {"1970-01-01 00:00:00.123456789"},
       "1970-01-01 00:00:00.123"},
      {"TO_TIMESTAMP_LTZ",
       {"01/01/2023 08:00:00", "dd/MM/yyyy HH:mm:ss", "America/Los_Angeles"},
       "2023-01-01 16:00:00.000"},
      {"TO_TIMESTAMP_LTZ", {"x", "yyyy", "UTC"}, "NULL"},
  });
  EXPECT_EQ(caller_->TypeOf("TO_TIMESTAMP_LTZ", {"x", "ss.SSSSSSS"}),
            "TIMESTAMP_LTZ(7)");
  EXPECT_EQ(caller_->TypeOf("TO_TIMESTAMP_LTZ", {"x", 0}), "REFUSED");
}

TEST_F(DatetimeFunctions, AddUnits) {
  const Arg time = At("2017-11-29 22:58:58.998");
  ExpectAll({
      {"TIMESTAMPADD", {Word("SQL_TSI_QUARTER"), 1, time},
       "2018-02-28 22:58:58.998"},
      {"TIMESTAMPADD", {Word("HOUR"), 3, time}, "2017-11-30 01:58:58.998"},
      {"TIMESTAMPADD", {Word("WEEK"), -1000, time},
       "1998-09-30 22:58:58.998"},
      {"TIMESTAMPADD", {Word("YEAR"), -1000, time},
       "1017-11-29 22:58:58.998"},
      {"TIMESTAMPADD", {Word("DAY"), 1, Date("2016-06-15")}, "2016-06-16"},
      {"TIMESTAMPADD", {Word("MONTH"), 1, Date("2016-05-31")},
       "2016-06-30"},
      {"TIMESTAMPADD", {Word("HOUR"), -1, Date("2016-06-15")},
       "2016-06-14 23:00:00.000000"},
      {"TIMESTAMPADD", {Word("HOUR"), 1, Time("23:59:59")}, "00:59:59"},
      {"TIMESTAMPADD", {Word("YEAR"), 10, Time("23:59:59")}, "23:59:59"},
      {"TIMESTAMPADD", {Word("MICROSECOND"), -1, time},
       "2017-11-29 22:58:58.997999"},
      {"TIMESTAMPADD", {Word("HOUR"), Null(LogicalType::Integer()), time},
       "NULL"},
  });
}

TEST_F(DatetimeFunctions, CountUnitsBetween) {
  ExpectAll({
      {"TIMESTAMPDIFF",
       {Word("MONTH"), Date("2016-06-15"), At("2018-06-16 11:11:11")}, "24"},
      {"TIMESTAMPDIFF",
       {Word("WEEK"), Date("2016-08-15"), Date("2016-06-18")}, "-8"},
      {"TIMESTAMPDIFF",
       {Word("MONTH"), Time("00:00:00"), Date("2021-02-04")}, "613"},
      {"TIMESTAMPDIFF",
       {Word("SECOND"), Time("10:10:10"), Time("11:11:11")}, "3661"},
      {"TIMESTAMPDIFF",
       {Word("HOUR"), Utc("1970-01-01 00:00:00.123"),
        Utc("1970-01-01 01:02:03.123")},
       "1"},
  });
  EXPECT_THAT(caller_->Call("TIMESTAMPDIFF",
                            {Word("SECOND"), Utc("1970-01-01 00:00:00"),
                             Time("00:00:00")}),
              testing::HasSubstr("only supports diff between the same type"));
}

TEST_F(DatetimeFunctions, OverlapWhenPeriodsMeet) {
  ExpectAll({
      {"OVERLAPS",
       {Time("9:00:00"), Time("9:30:00"), Time("9:29:00"), Time("9:31:00")},
       "TRUE"},
      {"OVERLAPS",
       {Time("9:00:00"), Time("10:00:00"), Time("10:15:00"), Hours(3)},
       "FALSE"},
      {"OVERLAPS",
       {Date("2011-03-10"), Hours(240), Date("2011-03-19"), Hours(240)},
       "TRUE"},
      {"OVERLAPS",
       {Date("2011-03-10"), Months(1), Date("2011-03-09"),
        Date("2011-03-01")},
       "FALSE"},
  });
}

}  // namespace
}  // namespace millrace
