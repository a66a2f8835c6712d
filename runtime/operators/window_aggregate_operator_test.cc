#include "runtime/operators/window_aggregate_operator.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/operators/operator_harness.h"

namespace millrace::window_aggregate_operator_test {
namespace {

const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kTime = LogicalType::Timestamp(3);
const LogicalType kString = LogicalType::String();

// Input rows are (key BIGINT, value BIGINT, time); windows in milliseconds.
constexpr int kKey = 0;
constexpr int kValue = 1;
constexpr int kTimeColumn = 2;

AggregateCall CountAll() {
  return {.function = "COUNT", .result = kBigInt};
}
AggregateCall Call(std::string function, LogicalType result,
                   bool distinct = false) {
  return {.function = std::move(function), .args = {kValue},
          .arg_types = {kBigInt}, .distinct = distinct, .result = result};
}

WindowSpec Tumble(int64_t size_ms) {
  return {.kind = WindowSpec::Kind::kTumble, .size_ms = size_ms,
          .step_ms = size_ms, .time_column = kTimeColumn};
}
WindowSpec Hop(int64_t step_ms, int64_t size_ms) {
  return {.kind = WindowSpec::Kind::kHop, .size_ms = size_ms,
          .step_ms = step_ms, .time_column = kTimeColumn};
}
WindowSpec Cumulate(int64_t step_ms, int64_t size_ms) {
  return {.kind = WindowSpec::Kind::kCumulate, .size_ms = size_ms,
          .step_ms = step_ms, .time_column = kTimeColumn};
}

struct Case {
  WindowSpec window;
  std::vector<int32_t> keys = {kKey};
  std::vector<AggregateCall> calls = {CountAll()};
  std::vector<WindowProperty> properties = {WindowProperty::kEnd};
  LogicalType key_type = kBigInt;
  LogicalType time_type = kTime;
  LogicalType value_type = kBigInt;
};

OperatorHarness Harness(const Case& test) {
  WindowAggregateSpec spec = {.window = test.window,
                              .keys = test.keys,
                              .calls = test.calls,
                              .properties = test.properties};
  const std::vector<LogicalType> input = {test.key_type, test.value_type,
                                          test.time_type};
  std::vector<LogicalType> output;
  for (const int32_t key : test.keys) output.push_back(input[key]);
  for (const AggregateCall& call : test.calls) output.push_back(call.result);
  for (size_t i = 0; i < test.properties.size(); ++i) output.push_back(kTime);
  return OperatorHarness({.input = input,
                          .output = output,
                          .make = [=](const OperatorContext& context) {
                            return WindowAggregateOperator::Open(spec, input,
                                                                 context);
                          }});
}

TEST(WindowAggregateTest, TumbleFiresOnTheLastMillisecond) {
  EXPECT_EQ(Harness({.window = Tumble(10)})
                .Rows({"1, 0, 3", "2, 0, 9", "1, 0, 4", "1, 0, 12"})
                .Watermark(8)
                .Expect({})
                .Watermark(9)
                .Expect({"+I 1, 2, 10", "+I 2, 1, 10"})
                .Watermark(kMaxWatermark)
                .Expect({"+I 1, 1, 20"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, GivesStartEndAndTimeOfNegativeTimesToo) {
  EXPECT_EQ(Harness({.window = Tumble(10),
                     .properties = {WindowProperty::kStart,
                                    WindowProperty::kEnd,
                                    WindowProperty::kTime}})
                .Rows({"1, 0, -1"})
                .Watermark(0)
                .Expect({"+I 1, 1, -10, 0, -1"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, OffsetsShiftWindows) {
  WindowSpec window = Tumble(10);
  window.offset_ms = 3;
  EXPECT_EQ(Harness({.window = window})
                .Rows({"1, 0, 12", "1, 0, 13"})
                .Watermark(22)
                .Expect({"+I 1, 1, 13", "+I 1, 1, 23"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, HopCountsARowInEachOfItsWindows) {
  EXPECT_EQ(Harness({.window = Hop(2, 6)})
                .Rows({"1, 0, 5", "2, 0, 7"})
                .Watermark(5)
                .Expect({"+I 1, 1, 6"})
                .Watermark(9)
                .Expect({"+I 1, 1, 8", "+I 2, 1, 8", "+I 1, 1, 10",
                         "+I 2, 1, 10"})
                .Watermark(100)
                .Expect({"+I 2, 1, 12"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, HopTakesLateRowsForWindowsThatHaveNotFired) {
  const auto harness = [] {
    return Harness({.window = Hop(2, 6)})
        .Rows({"1, 0, 5"})
        .Watermark(5)
        .Expect({"+I 1, 1, 6"})
        .Rows({"1, 0, 4", "1, 0, 1", "1, 0, -3"})
        .Watermark(7)
        .Expect({"+I 1, 2, 8"})
        .Watermark(9)
        .Expect({"+I 1, 2, 10"});
  };
  EXPECT_EQ(harness().Difference(), "");
  EXPECT_EQ(harness().Metric("numLateRecordsDropped"), 2);
}

TEST(WindowAggregateTest, TumbleDropsAndCountsLateRows) {
  const auto harness = [] {
    return Harness({.window = Tumble(10)})
        .Watermark(9)
        .Rows({"1, 0, 9", "1, 0, 10", "1, 0, 3"})
        .Watermark(19)
        .Expect({"+I 1, 1, 20"});
  };
  EXPECT_EQ(harness().Difference(), "");
  EXPECT_EQ(harness().Metric("numLateRecordsDropped"), 2);
}

TEST(WindowAggregateTest, CumulateRepeatsWhatItHasEveryStep) {
  EXPECT_EQ(Harness({.window = Cumulate(2, 6),
                     .properties = {WindowProperty::kStart,
                                    WindowProperty::kEnd}})
                .Rows({"1, 0, 0", "1, 0, 3", "2, 0, 5", "1, 0, 6"})
                .Watermark(1)
                .Expect({"+I 1, 1, 0, 2"})
                .Watermark(5)
                .Expect({"+I 1, 2, 0, 4", "+I 1, 2, 0, 6", "+I 2, 1, 0, 6"})
                .Watermark(11)
                .Expect({"+I 1, 1, 6, 8", "+I 1, 1, 6, 10", "+I 1, 1, 6, 12"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, CumulateTakesLateRowsUntilItsLastWindow) {
  EXPECT_EQ(Harness({.window = Cumulate(2, 6)})
                .Rows({"1, 0, 2"})
                .Watermark(3)
                .Expect({"+I 1, 1, 4"})
                .Rows({"1, 0, 0", "2, 0, 3"})
                .Watermark(5)
                .Expect({"+I 1, 2, 6", "+I 2, 1, 6"})
                .Rows({"1, 0, 0"})
                .Watermark(11)
                .Expect({})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, AggregatesWithoutKeys) {
  EXPECT_EQ(Harness({.window = Tumble(10),
                     .keys = {},
                     .calls = {Call("MAX", kBigInt), Call("MIN", kBigInt),
                               Call("SUM", kBigInt), Call("AVG", kBigInt)}})
                .Rows({"1, 7, 0", "1, NULL, 1", "2, -4, 2"})
                .Watermark(30)
                .Expect({"+I 7, -4, 3, 1, 10"})
                .Watermark(100)
                .Expect({})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, MergesDistinctValuesOfSlices) {
  EXPECT_EQ(Harness({.window = Hop(2, 4),
                     .calls = {Call("COUNT", kBigInt, true),
                               Call("SUM", kBigInt, true), CountAll()}})
                .Rows({"1, 5, 0", "1, 5, 1", "1, 5, 2", "1, 6, 3",
                       "2, 5, 3", "2, NULL, 3"})
                .Watermark(1)
                .Expect({"+I 1, 1, 5, 2, 2"})
                .Watermark(3)
                .Expect({"+I 1, 2, 11, 4, 4", "+I 2, 1, 5, 2, 4"})
                .Watermark(9)
                .Expect({"+I 1, 2, 11, 2, 6", "+I 2, 1, 5, 2, 6"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, CumulatesDistinctValuesByStringKey) {
  const std::string name(40, 'k');
  EXPECT_EQ(Harness({.window = Cumulate(2, 6),
                     .calls = {Call("COUNT", kBigInt, true)},
                     .key_type = kString})
                .Rows({name + ", 5, 0", name + ", 5, 2", name + ", 6, 3",
                       "short, 1, 5"})
                .Watermark(5)
                .Expect({"+I " + name + ", 1, 2", "+I " + name + ", 2, 4",
                         "+I " + name + ", 2, 6", "+I short, 1, 6"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, MergesDistinctStrings) {
  const AggregateCall distinct = {.function = "COUNT", .args = {kValue},
                                  .arg_types = {kString}, .distinct = true,
                                  .result = kBigInt};
  const std::string text(60, 't');
  EXPECT_EQ(Harness({.window = Hop(2, 4),
                     .calls = {distinct},
                     .value_type = kString})
                .Rows({"1, a, 0", "1, " + text + ", 1", "2, a, 1"})
                .Rows({"1, " + text + ", 2", "1, " + text + "2, 3"})
                .Watermark(3)
                .Expect({"+I 1, 2, 2", "+I 2, 1, 2", "+I 1, 3, 4",
                         "+I 2, 1, 4"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, WithoutCallsItIsDistinctPerWindow) {
  EXPECT_EQ(Harness({.window = Hop(2, 4), .calls = {}})
                .Rows({"1, 0, 1", "1, 0, 0", "2, 0, 2"})
                .Watermark(3)
                .Expect({"+I 1, 2", "+I 1, 4", "+I 2, 4"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, TakesWindowsThatRowsCarry) {
  WindowSpec window = Tumble(10);
  window.time_column = std::nullopt;
  window.start_column = 0;
  window.end_column = kTimeColumn;
  EXPECT_EQ(Harness({.window = window,
                     .keys = {},
                     .properties = {WindowProperty::kStart,
                                    WindowProperty::kEnd}})
                .Rows({"0, 0, 10", "10, 0, 20", "0, 0, 10"})
                .Watermark(9)
                .Expect({"+I 2, 0, 10"})
                .Watermark(19)
                .Expect({"+I 1, 10, 20"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, ProcessingTimeFiresByTheClock) {
  WindowSpec window = Tumble(10);
  window.event_time = false;
  window.time_column = std::nullopt;
  EXPECT_EQ(Harness({.window = window})
                .Time(1)
                .Rows({"1, 0, NULL", "1, 0, 77"})
                .Time(9)
                .Rows({"1, 0, 0"})
                .Expect({})
                .Time(10)
                .Expect({"+I 1, 3, 10"})
                .Rows({"1, 0, 0"})
                .Watermark(kMaxWatermark)
                .EndInput()
                .Expect({})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, LocalWindowsFollowTheZone) {
  WindowSpec window = Tumble(86'400'000);
  window.local_time = true;
  window.time_zone = "Asia/Shanghai";
  // 15:59:59.999 UTC is the last millisecond of the day in Shanghai.
  EXPECT_EQ(Harness({.window = window,
                     .properties = {WindowProperty::kStart,
                                    WindowProperty::kTime},
                     .time_type = LogicalType::TimestampLtz(3)})
                .Rows({"1, 0, 57599999", "1, 0, 57600000"})
                .Watermark(57599998)
                .Expect({})
                .Watermark(57599999)
                .Expect({"+I 1, 1, 0, 57599999"})
                .Difference(),
            "");
}

TEST(WindowAggregateTest, RefusesANullTime) {
  EXPECT_EQ(Harness({.window = Tumble(10)})
                .Rows({"1, 0, NULL"})
                .ExpectError("JOB-0022")
                .Difference(),
            "");
}

TEST(WindowAggregateTest, PutsOutMoreThanABatch) {
  std::vector<std::string> rows;
  std::vector<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    rows.push_back(absl::StrCat(i, ", 0, 1"));
    expected.push_back(absl::StrCat("+I ", i, ", 2, 10"));
    expected.push_back(absl::StrCat("+I ", i + 10'000, ", 1, 10"));
  }
  std::vector<std::string> more;
  for (int i = 0; i < 2000; ++i) {
    more.push_back(absl::StrCat(10'000 + i, ", 0, 1"));
  }
  EXPECT_EQ(Harness({.window = Tumble(10)})
                .Rows(rows)
                .Rows(more)
                .Rows(rows)
                .Watermark(9)
                .Expect(expected)
                .Difference(),
            "");
}

}  // namespace
}  // namespace millrace::window_aggregate_operator_test
