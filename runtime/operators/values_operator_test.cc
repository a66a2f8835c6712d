#include "runtime/operators/values_operator.h"

#include "gtest/gtest.h"
#include "runtime/operators/operator_harness.h"

namespace millrace {
namespace {

const std::vector<LogicalType> kTypes = {LogicalType::BigInt(),
                                         LogicalType::String()};

OperatorHarness Harness(ValuesSpec spec, int subtask = 0) {
  return OperatorHarness({.input = kTypes,
                          .output = kTypes,
                          .make = [=](OperatorContext context)
                              -> absl::StatusOr<std::unique_ptr<Operator>> {
                            context.subtask = subtask;
                            return std::make_unique<ValuesOperator>(
                                spec, kTypes, context);
                          }});
}

TEST(ValuesOperatorTest, PutsItsRowsOutOnce) {
  const ValuesSpec spec = {
      .rows = {{Value::Int(1), Value::Text("a")},
               {Value::Null(), Value::Null()}}};
  EXPECT_EQ(Harness(spec)
                .EndInput()
                .Expect({"+I 1, a", "+I NULL, NULL"})
                .EndInput()  // As after a restore: nothing twice.
                .Expect({})
                .Difference(),
            "");
}

TEST(ValuesOperatorTest, OnlyTheFirstSubtaskHasRows) {
  const ValuesSpec spec = {.rows = {{Value::Int(1), Value::Text("a")}}};
  EXPECT_EQ(Harness(spec, 1).EndInput().Expect({}).Difference(), "");
}

TEST(ValuesOperatorTest, CutsManyRowsIntoBatches) {
  ValuesSpec spec;
  std::vector<std::string> expected;
  for (int i = 0; i < 5000; ++i) {
    spec.rows.push_back({Value::Int(i), Value::Null()});
    expected.push_back("+I " + std::to_string(i) + ", NULL");
  }
  EXPECT_EQ(Harness(spec).EndInput().Expect(expected).Difference(), "");
}

}  // namespace
}  // namespace millrace
