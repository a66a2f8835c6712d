#include "runtime/operators/local_aggregate_operator.h"

#include "gtest/gtest.h"
#include "runtime/operators/group_aggregate_operator.h"
#include "runtime/operators/operator_harness.h"
#include "runtime/operators/window_aggregate_operator.h"

namespace millrace::local_aggregate_operator_test {
namespace {

const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kTime = LogicalType::Timestamp(3);

// Input rows are (key BIGINT, value BIGINT, time).
std::vector<AggregateCall> LocalCalls() {
  const auto over = [](std::string function) {
    return AggregateCall{.function = std::move(function), .args = {1},
                         .arg_types = {kBigInt}, .result = kBigInt};
  };
  return {{.function = "COUNT", .result = kBigInt}, over("SUM"), over("AVG"),
          over("MAX")};
}

// The same calls over the partials: key, count, sum, (sum, count), max.
std::vector<AggregateCall> GlobalCalls() {
  std::vector<AggregateCall> calls = LocalCalls();
  int32_t column = 1;
  for (AggregateCall& call : calls) {
    const std::vector<LogicalType> partials = PartialTypes(call);
    call.args.clear();
    call.arg_types = partials;
    for (size_t i = 0; i < partials.size(); ++i) call.args.push_back(column++);
  }
  return calls;
}

const std::vector<LogicalType> kInput = {kBigInt, kBigInt, kTime};
const std::vector<LogicalType> kPartials = {kBigInt, kBigInt, kBigInt, kBigInt,
                                            kBigInt, kBigInt, kTime};

WindowSpec Hop() {
  return {.kind = WindowSpec::Kind::kHop, .size_ms = 4, .step_ms = 2};
}

TEST(LocalAggregateTest, PutsOutPartialsOfEachKeyAndSlice) {
  WindowSpec window = Hop();
  window.time_column = 2;
  const WindowAggregateSpec spec = {.window = window, .keys = {0},
                                    .calls = LocalCalls(),
                                    .phase = AggregatePhase::kLocal};
  EXPECT_EQ(OperatorHarness({.input = kInput,
                             .output = kPartials,
                             .make =
                                 [=](const OperatorContext& context) {
                                   return LocalAggregateOperator::Open(
                                       spec, kInput, context);
                                 },
                             .by_rows = false})
                .Rows({"1, 5, 0", "1, 7, 1"})
                .Expect({"+I 1, 2, 12, 12, 2, 7, 2"})
                .Rows({"2, NULL, 1", "1, 7, 2"})
                .Expect({"+I 2, 1, NULL, NULL, 0, NULL, 2",
                         "+I 1, 1, 7, 7, 1, 7, 4"})
                .Difference(),
            "");
}

TEST(LocalAggregateTest, AGlobalWindowPutsPartialsTogether) {
  WindowSpec window = Hop();
  window.end_column = 6;
  const WindowAggregateSpec spec = {
      .window = window, .keys = {0}, .calls = GlobalCalls(),
      .properties = {WindowProperty::kEnd}, .phase = AggregatePhase::kGlobal};
  EXPECT_EQ(OperatorHarness({.input = kPartials,
                             .output = {kBigInt, kBigInt, kBigInt, kBigInt,
                                        kBigInt, kTime},
                             .make =
                                 [=](const OperatorContext& context) {
                                   return WindowAggregateOperator::Open(
                                       spec, kPartials, context);
                                 }})
                .Rows({"1, 2, 12, 12, 2, 7, 2",
                       "2, 1, NULL, NULL, 0, NULL, 2"})
                .Rows({"1, 1, 7, 7, 1, 9, 4"})
                .Watermark(3)
                .Expect({"+I 1, 2, 12, 6, 7, 2", "+I 2, 1, NULL, NULL, NULL, 2",
                         "+I 1, 3, 19, 6, 9, 4",
                         "+I 2, 1, NULL, NULL, NULL, 4"})
                .Difference(),
            "");
}

TEST(LocalAggregateTest, AGlobalGroupPutsPartialsTogether) {
  const std::vector<LogicalType> input(kPartials.begin(), kPartials.end() - 1);
  const GroupAggregateSpec spec = {.keys = {0}, .calls = GlobalCalls(),
                                   .phase = AggregatePhase::kGlobal};
  EXPECT_EQ(OperatorHarness({.input = input,
                             .output = {kBigInt, kBigInt, kBigInt, kBigInt,
                                        kBigInt},
                             .make =
                                 [=](const OperatorContext& context) {
                                   return GroupAggregateOperator::Open(
                                       spec, input, context);
                                 },
                             .changelog_key = std::vector<int>{0}})
                .Rows({"1, 2, 12, 12, 2, 7", "1, 1, 7, 7, 1, 9"})
                .Expect({"+I 1, 3, 19, 6, 9"})
                .Rows({"1, 0, NULL, NULL, 0, NULL"})
                .Expect({})
                .Difference(),
            "");
}

}  // namespace
}  // namespace millrace::local_aggregate_operator_test
