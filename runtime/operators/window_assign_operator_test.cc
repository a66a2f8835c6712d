#include "runtime/operators/window_assign_operator.h"

#include "gtest/gtest.h"
#include "runtime/operators/operator_harness.h"

namespace millrace::window_assign_operator_test {
namespace {

const std::vector<LogicalType> kInput = {LogicalType::String(),
                                         LogicalType::Timestamp(6)};

// Input rows are (name, time in microseconds); start, end and time appended.
OperatorHarness Harness(WindowSpec window) {
  const WindowAssignSpec spec = {
      .window = window,
      .properties = {WindowProperty::kStart, WindowProperty::kEnd,
                     WindowProperty::kTime}};
  std::vector<LogicalType> output = kInput;
  output.insert(output.end(), 3, LogicalType::Timestamp(3));
  return OperatorHarness({.input = kInput,
                          .output = output,
                          .make = [=](const OperatorContext& context) {
                            return WindowAssignOperator::Open(spec, kInput,
                                                              context);
                          }});
}

TEST(WindowAssignTest, RepeatsARowForEachWindow) {
  EXPECT_EQ(Harness({.kind = WindowSpec::Kind::kHop, .size_ms = 4,
                     .step_ms = 2, .time_column = 1})
                .Rows({"a, 3999", "-D b, 4000"})
                .Expect({"+I a, 3999, 0, 4, 3", "+I a, 3999, 2, 6, 5",
                         "-D b, 4000, 2, 6, 5", "-D b, 4000, 4, 8, 7"})
                .Difference(),
            "");
}

TEST(WindowAssignTest, CumulatesFromTheRowsStepOn) {
  EXPECT_EQ(Harness({.kind = WindowSpec::Kind::kCumulate, .size_ms = 6,
                     .step_ms = 2, .time_column = 1})
                .Rows({"a, 2000"})
                .Expect({"+I a, 2000, 0, 4, 3", "+I a, 2000, 0, 6, 5"})
                .Difference(),
            "");
}

TEST(WindowAssignTest, DropsRowsWithoutATime) {
  const auto harness = [] {
    return Harness({.kind = WindowSpec::Kind::kTumble, .size_ms = 4,
                    .step_ms = 4, .time_column = 1})
        .Rows({"a, NULL", "b, 0"})
        .Expect({"+I b, 0, 0, 4, 3"});
  };
  EXPECT_EQ(harness().Difference(), "");
  EXPECT_EQ(harness().Metric("numNullRowTimeRecordsDropped"), 1);
}

TEST(WindowAssignTest, ProcessingTimeIsTheClocks) {
  EXPECT_EQ(Harness({.kind = WindowSpec::Kind::kTumble, .size_ms = 4,
                     .step_ms = 4, .event_time = false})
                .Time(9)
                .Rows({"a, NULL"})
                .Expect({"+I a, NULL, 8, 12, 11"})
                .Difference(),
            "");
}

TEST(WindowAssignTest, CutsManyRowsIntoBatches) {
  std::vector<std::string> rows(2000, "a, 0");
  std::vector<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    for (const char* window : {"-2, 2, 1", "-1, 3, 2", "0, 4, 3", "-3, 1, 0"}) {
      expected.push_back(std::string("+I a, 0, ") + window);
    }
  }
  EXPECT_EQ(Harness({.kind = WindowSpec::Kind::kHop, .size_ms = 4,
                     .step_ms = 1, .time_column = 1})
                .Rows(rows)
                .Expect(expected)
                .Difference(),
            "");
}

}  // namespace
}  // namespace millrace::window_assign_operator_test
