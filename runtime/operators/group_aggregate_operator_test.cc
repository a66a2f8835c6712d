#include "runtime/operators/group_aggregate_operator.h"

#include <numeric>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/operators/operator_harness.h"

namespace millrace::group_aggregate_operator_test {
namespace {

const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kString = LogicalType::String();
const LogicalType kBoolean = LogicalType::Boolean();

// Input rows are (key, value, condition BOOLEAN, other BIGINT).
constexpr int kValue = 1;
constexpr int kCondition = 2;
constexpr int kOther = 3;

struct Case {
  std::vector<AggregateCall> calls;
  std::vector<int32_t> keys = {0};
  LogicalType key = kBigInt;
  LogicalType value = kBigInt;
  bool retracts = false;
  bool emit_update_before = true;
  int64_t ttl_ms = 0;
};

AggregateCall CountAll() { return {.function = "COUNT", .result = kBigInt}; }

AggregateCall CountWhere() {
  return {.function = "COUNT", .filter = kCondition, .result = kBigInt};
}

AggregateCall Over(std::string function, LogicalType value,
                   LogicalType result) {
  return {.function = std::move(function), .args = {kValue},
          .arg_types = {value}, .result = result};
}

AggregateCall Distinct(std::string function, int column,
                       std::optional<int32_t> filter = std::nullopt) {
  return {.function = std::move(function), .args = {column},
          .arg_types = {kBigInt}, .distinct = true, .filter = filter,
          .result = kBigInt};
}

OperatorHarness Harness(const Case& test) {
  const GroupAggregateSpec spec = {
      .keys = test.keys,
      .calls = test.calls,
      .input_retracts = test.retracts,
      .emit_update_before = test.emit_update_before,
      .state_ttl_ms = test.ttl_ms};
  const std::vector<LogicalType> input = {test.key, test.value, kBoolean,
                                          kBigInt};
  std::vector<LogicalType> output;
  for (const int32_t key : test.keys) output.push_back(input[key]);
  for (const AggregateCall& call : test.calls) output.push_back(call.result);
  std::vector<int> changelog_key(test.keys.size());
  std::iota(changelog_key.begin(), changelog_key.end(), 0);
  return OperatorHarness({.input = input,
                          .output = output,
                          .make = [=](const OperatorContext& context) {
                            return GroupAggregateOperator::Open(spec, input,
                                                                context);
                          },
                          .changelog_key = changelog_key});
}

TEST(GroupAggregateTest, PutsOutOneNetChangeForEachKeyAndBatch) {
  EXPECT_EQ(Harness({.calls = {CountAll()}})
                .Rows({"1, 0, true, 0", "2, 0, true, 0", "1, 0, true, 0"})
                .Expect({"+I 1, 2", "+I 2, 1"})
                .Rows({"1, 0, true, 0", "NULL, 0, true, 0"})
                .Expect({"-U 1, 2", "+U 1, 3", "+I NULL, 1"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, LeavesOutUpdateBeforeWhereNobodyNeedsIt) {
  EXPECT_EQ(Harness({.calls = {CountAll()}, .emit_update_before = false})
                .Rows({"1, 0, true, 0"})
                .Rows({"1, 0, true, 0"})
                .Expect({"+I 1, 1", "+U 1, 2"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, IsSilentWhenNothingChanges) {
  EXPECT_EQ(Harness({.calls = {Over("MAX", kBigInt, kBigInt)}})
                .Rows({"1, 5, true, 0"})
                .Expect({"+I 1, 5"})
                .Rows({"1, 4, true, 0", "1, NULL, true, 0"})
                .Expect({})
                .Rows({"1, 6, true, 0"})
                .Expect({"-U 1, 5", "+U 1, 6"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, WithoutCallsItIsDistinct) {
  EXPECT_EQ(Harness({.calls = {}})
                .Rows({"1, 0, true, 0", "1, 0, true, 0", "2, 0, true, 0"})
                .Expect({"+I 1", "+I 2"})
                .Rows({"2, 0, true, 0"})
                .Expect({})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, WithoutKeysItHasOneRow) {
  EXPECT_EQ(Harness({.calls = {CountAll(), CountWhere()}, .keys = {}})
                .Expect({})
                .Rows({"1, 0, true, 0", "2, 0, false, 0", "3, 0, NULL, 0"})
                .Expect({"+I 3, 1"})
                .Rows({"4, 0, true, 0"})
                .Expect({"-U 3, 1", "+U 4, 2"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, DistinctCallsOverAColumnShareItsValues) {
  EXPECT_EQ(
      Harness({.calls = {Distinct("COUNT", kValue),
                         Distinct("COUNT", kValue, kCondition),
                         Distinct("SUM", kValue), Distinct("COUNT", kOther)}})
          .Rows({"1, 7, false, 1", "1, 7, true, 1", "1, 8, false, 1",
                 "1, NULL, true, 2"})
          .Expect({"+I 1, 2, 1, 15, 2"})
          .Rows({"1, 8, true, NULL", "2, 7, true, 1"})
          .Expect({"-U 1, 2, 1, 15, 2", "+U 1, 2, 2, 15, 2",
                   "+I 2, 1, 1, 7, 1"})
          .Difference(),
      "");
}

TEST(GroupAggregateTest, DistinctTakesEveryType) {
  for (const LogicalType& type :
       {kString, LogicalType::Integer(), LogicalType::Decimal(30, 0),
        LogicalType::Double()}) {
    AggregateCall distinct = Distinct("COUNT", kValue);
    distinct.arg_types = {type};
    for (const bool retracts : {false, true}) {
      EXPECT_EQ(Harness({.calls = {distinct}, .value = type,
                         .retracts = retracts})
                    .Rows({"1, 7, true, 0", "1, 8, true, 0", "2, 7, true, 0"})
                    .Rows({"1, 8, true, 0", "1, 9, true, 0"})
                    .Expect({"+I 1, 2", "+I 2, 1", "-U 1, 2", "+U 1, 3"})
                    .Difference(),
                "")
          << type.ToString();
    }
  }
}

TEST(GroupAggregateTest, RetractionsUndoRows) {
  EXPECT_EQ(Harness({.calls = {CountAll(), Over("SUM", kBigInt, kBigInt),
                               Over("MIN", kBigInt, kBigInt),
                               Over("MAX", kBigInt, kBigInt),
                               Distinct("COUNT", kValue)},
                     .retracts = true})
                .Rows({"+I 1, 5, true, 0", "+I 1, 9, true, 0",
                       "+I 1, 9, true, 0"})
                .Expect({"+I 1, 3, 23, 5, 9, 2"})
                .Rows({"-U 1, 9, true, 0", "+U 1, 2, true, 0"})
                .Expect({"-U 1, 3, 23, 5, 9, 2", "+U 1, 3, 16, 2, 9, 3"})
                .Rows({"-D 1, 9, true, 0"})
                .Expect({"-U 1, 3, 16, 2, 9, 3", "+U 1, 2, 7, 2, 5, 2"})
                .Rows({"-D 1, 2, true, 0", "-D 1, 5, true, 0"})
                .Expect({"-D 1, 2, 7, 2, 5, 2"})
                .Rows({"+I 1, NULL, true, 0"})
                .Expect({"+I 1, 1, NULL, NULL, NULL, 0"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, IgnoresRetractionsOfUnknownKeys) {
  EXPECT_EQ(Harness({.calls = {CountAll()}, .retracts = true})
                .Rows({"-D 1, 0, true, 0", "+I 1, 0, true, 0"})
                .Expect({"+I 1, 1"})
                .Rows({"-D 2, 0, true, 0"})
                .Expect({})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, AnUpdateWithoutEffectIsSilent) {
  EXPECT_EQ(Harness({.calls = {CountAll(), Over("SUM", kBigInt, kBigInt)},
                     .retracts = true})
                .Rows({"+I 1, 5, true, 0"})
                .Expect({"+I 1, 1, 5"})
                .Rows({"-U 1, 5, true, 0", "+U 1, 5, true, 0"})
                .Expect({})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, KeepsLongStringsAcrossKeysAndValues) {
  const std::string long_text(100, 'z');
  EXPECT_EQ(Harness({.calls = {Over("MAX", kString, kString),
                               Over("MIN", kString, kString)},
                     .key = kString,
                     .value = kString})
                .Rows({"key, b, true, 0", long_text + ", a, true, 0"})
                .Expect({"+I key, b, b", "+I " + long_text + ", a, a"})
                .Rows({"key, " + long_text + ", true, 0", "key, a, true, 0"})
                .Expect({"-U key, b, b", "+U key, " + long_text + ", a"})
                .Rows({"key, " + long_text + "z, true, 0"})
                .Expect({"-U key, " + long_text + ", a",
                         "+U key, " + long_text + "z, a"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, PutsOutTwoBatchesForOneFullOfUpdates) {
  std::vector<std::string> rows;
  std::vector<std::string> inserts;
  std::vector<std::string> updates;
  for (int i = 0; i < 2048; ++i) {
    rows.push_back(absl::StrCat(i, ", 1, true, 0"));
    inserts.push_back(absl::StrCat("+I ", i, ", 1"));
    updates.push_back(absl::StrCat("-U ", i, ", 1"));
    updates.push_back(absl::StrCat("+U ", i, ", 2"));
  }
  EXPECT_EQ(Harness({.calls = {CountAll()}})
                .Rows(rows)
                .Expect(inserts)
                .Rows(rows)
                .Expect(updates)
                .Difference(),
            "");
}

// SUM, AVG, MIN and MAX of the same three values in every numeric type.
struct NumericCase {
  LogicalType value;
  LogicalType sum;
  LogicalType average;
  std::vector<std::string> values;
  std::string results;  // SUM, AVG, MIN, MAX.
};

TEST(GroupAggregateTest, ComputesOverEveryNumericType) {
  const LogicalType d10 = LogicalType::Decimal(10, 2);
  const LogicalType d30 = LogicalType::Decimal(30, 2);
  const LogicalType d38 = LogicalType::Decimal(38, 2);
  const LogicalType d38_6 = LogicalType::Decimal(38, 6);
  const LogicalType f = LogicalType::Float();
  const LogicalType d = LogicalType::Double();
  const NumericCase cases[] = {
      {LogicalType::TinyInt(), LogicalType::TinyInt(), LogicalType::TinyInt(),
       {"100", "100", "-3"}, "-59, 65, -3, 100"},
      {LogicalType::Integer(), LogicalType::Integer(), LogicalType::Integer(),
       {"-1", "-1", "-6"}, "-8, -2, -6, -1"},
      {kBigInt, kBigInt, kBigInt,
       {"9223372036854775807", "2", "NULL"},
       "-9223372036854775807, -4611686018427387903, 2, 9223372036854775807"},
      {f, f, f, {"0.5", "1.5", "2.5"}, "4.5, 1.5, 0.5, 2.5"},
      {d, d, d, {"0.5", "-1", "NULL"}, "-0.5, -0.25, -1, 0.5"},
      {d10, d38, d38_6, {"1.00", "0.01", "1.00"}, "2.01, 0.670000, 0.01, 1.00"},
      {d30, d38, d38_6, {"1.00", "NULL", "2.00"}, "3.00, 1.500000, 1.00, 2.00"},
  };
  for (const NumericCase& test : cases) {
    std::vector<std::string> rows;
    for (const std::string& value : test.values) {
      rows.push_back(absl::StrCat("1, ", value, ", true, 0"));
    }
    EXPECT_EQ(Harness({.calls = {Over("SUM", test.value, test.sum),
                                 Over("AVG", test.value, test.average),
                                 Over("MIN", test.value, test.value),
                                 Over("MAX", test.value, test.value)},
                       .value = test.value})
                  .Rows(rows)
                  .Expect({"+I 1, " + test.results})
                  .Difference(),
              "")
        << test.value.ToString();
  }
}

TEST(GroupAggregateTest, ADecimalSumThatDoesNotFitIsNull) {
  const LogicalType d38 = LogicalType::Decimal(38, 0);
  const std::string most(38, '9');
  EXPECT_EQ(Harness({.calls = {Over("SUM", d38, d38)}, .value = d38})
                .Rows({"1, " + most + ", true, 0"})
                .Expect({"+I 1, " + most})
                .Rows({"1, 1, true, 0"})
                .Expect({"-U 1, " + most, "+U 1, NULL"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, ADecimalSumBeyond127BitsIsNullToo) {
  const LogicalType d38 = LogicalType::Decimal(38, 0);
  const std::string row = "1, " + std::string(38, '9') + ", true, 0";
  EXPECT_EQ(Harness({.calls = {Over("SUM", d38, d38)}, .value = d38})
                .Rows({row, row})
                .Expect({"+I 1, NULL"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, KeysThatAreNotUpdatedForTheTtlBeginAnew) {
  for (const bool retracts : {false, true}) {
    EXPECT_EQ(Harness({.calls = {CountAll(), Distinct("COUNT", kValue)},
                       .retracts = retracts,
                       .ttl_ms = 10})
                  .Rows({"1, 5, true, 0", "2, 5, true, 0"})
                  .Expect({"+I 1, 1, 1", "+I 2, 1, 1"})
                  .Time(9)
                  .Rows({"1, 5, true, 0"})
                  .Expect({"-U 1, 1, 1", "+U 1, 2, 1"})
                  .Time(18)
                  .Rows({"1, 5, true, 0", "2, 5, true, 0"})
                  .Expect({"-U 1, 2, 1", "+U 1, 3, 1", "+I 2, 1, 1"})
                  .Difference(),
              "");
  }
}

TEST(GroupAggregateTest, WithATtlAnUpdateIsPutOutThoughTheSame) {
  EXPECT_EQ(Harness({.calls = {Over("MAX", kBigInt, kBigInt)}, .ttl_ms = 10})
                .Rows({"1, 5, true, 0"})
                .Rows({"1, 4, true, 0"})
                .Expect({"+I 1, 5", "-U 1, 5", "+U 1, 5"})
                .Difference(),
            "");
}

TEST(GroupAggregateTest, RefusesWhatItCannotCompute) {
  const GroupAggregateSpec spec = {
      .keys = {0}, .calls = {Over("SUM", kString, kString)}};
  const auto made = GroupAggregateOperator::Open(
      spec, {kBigInt, kString, kBoolean, kBigInt}, {});
  EXPECT_EQ(made.status().code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace millrace::group_aggregate_operator_test
