#include "gtest/gtest.h"
#include "runtime/operators/group_aggregate_operator.h"
#include "runtime/operators/operator_harness.h"

namespace millrace::changelog_normalize_test {
namespace {

const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kString = LogicalType::String();

// Input rows are (name, key, number); the output is key, name, number.
OperatorHarness Normalizer(bool emit_update_before = true) {
  const GroupAggregateSpec spec = {
      .keys = {1},
      .calls = {{.function = "LAST", .args = {0}, .arg_types = {kString},
                 .result = kString},
                {.function = "LAST", .args = {2}, .arg_types = {kBigInt},
                 .result = kBigInt}},
      .emit_update_before = emit_update_before};
  const std::vector<LogicalType> input = {kString, kBigInt, kBigInt};
  return OperatorHarness({.input = input,
                          .output = {kBigInt, kString, kBigInt},
                          .make = [=](const OperatorContext& context) {
                            return GroupAggregateOperator::Open(spec, input,
                                                                context);
                          },
                          .changelog_key = std::vector<int>{0}});
}

TEST(ChangelogNormalizeTest, TheFirstRowOfAKeyIsAnInsertWhateverItIsCalled) {
  EXPECT_EQ(Normalizer()
                .Rows({"+U a, 1, 10", "+I b, 2, 20"})
                .Expect({"+I 1, a, 10", "+I 2, b, 20"})
                .Difference(),
            "");
}

TEST(ChangelogNormalizeTest, ALaterRowUpdatesTheOneBefore) {
  EXPECT_EQ(Normalizer()
                .Rows({"+U a, 1, 10"})
                .Expect({"+I 1, a, 10"})
                .Rows({"+U a longer name of a, 1, 11"})
                .Expect({"-U 1, a, 10", "+U 1, a longer name of a, 11"})
                .Rows({"+I b, 1, 11"})
                .Expect({"-U 1, a longer name of a, 11", "+U 1, b, 11"})
                .Difference(),
            "");
}

TEST(ChangelogNormalizeTest, LeavesOutTheOldRowWhereNobodyNeedsIt) {
  EXPECT_EQ(Normalizer(false)
                .Rows({"+U a, 1, 10"})
                .Expect({"+I 1, a, 10"})
                .Rows({"+U b, 1, 10"})
                .Expect({"+U 1, b, 10"})
                .Difference(),
            "");
}

TEST(ChangelogNormalizeTest, ARowThatIsTheSameSaysNothing) {
  EXPECT_EQ(Normalizer()
                .Rows({"+U a, 1, 10"})
                .Expect({"+I 1, a, 10"})
                .Rows({"+U a, 1, 10"})
                .Expect({})
                .Difference(),
            "");
}

TEST(ChangelogNormalizeTest, NullTakesTheNewestRowsPlaceToo) {
  EXPECT_EQ(Normalizer()
                .Rows({"+U a, 1, 10"})
                .Expect({"+I 1, a, 10"})
                .Rows({"+U NULL, 1, 10"})
                .Expect({"-U 1, a, 10", "+U 1, NULL, 10"})
                .Rows({"+U NULL, 1, NULL"})
                .Expect({"-U 1, NULL, 10", "+U 1, NULL, NULL"})
                .Difference(),
            "");
}

TEST(ChangelogNormalizeTest, ADeleteHasTheWholeRowThatItTakesAway) {
  EXPECT_EQ(Normalizer()
                .Rows({"+U a name that is long, 1, 10"})
                .Expect({"+I 1, a name that is long, 10"})
                .Rows({"-D NULL, 1, NULL"})
                .Expect({"-D 1, a name that is long, 10"})
                .Rows({"-D NULL, 1, NULL", "-D NULL, 7, NULL"})
                .Expect({})
                .Rows({"+U b, 1, 12"})
                .Expect({"+I 1, b, 12"})
                .Difference(),
            "");
}

TEST(ChangelogNormalizeTest, WithinABatchTheLastWordCounts) {
  EXPECT_EQ(Normalizer()
                .Rows({"+U a, 1, 10", "-D NULL, 1, NULL", "+U b, 1, 11"})
                .Expect({"+I 1, b, 11"})
                .Rows({"-D NULL, 1, NULL", "+U c, 1, 12", "+U d, 2, 20",
                       "-D NULL, 2, NULL"})
                .Expect({"-U 1, b, 11", "+U 1, c, 12"})
                .Difference(),
            "");
}

}  // namespace
}  // namespace millrace::changelog_normalize_test
