#include "runtime/operators/calc_operator.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/clock.h"
#include "runtime/operators/operator_harness.h"

namespace millrace::calc_operator_test {
namespace {

using ::testing::ElementsAre;

const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kString = LogicalType::String();
const std::vector<RowField> kInput = {{"n", kBigInt}, {"s", kString}};

Expr Number() { return Expr::Column(0, kBigInt); }
Expr Name() { return Expr::Column(1, kString); }
Expr Literal(int64_t value) {
  return Expr::Literal(Value::Int(value), kBigInt);
}
Expr Above(int64_t bound) {
  return Expr::Call(">", LogicalType::Boolean(), {Number(), Literal(bound)});
}

const FunctionRegistry& Library() {
  static const FunctionRegistry* const library = [] {
    auto* registry = new FunctionRegistry;
    RegisterBuiltinFunctions(*registry);
    return registry;
  }();
  return *library;
}

OperatorHarness Harness(CalcSpec spec, RowFailures* failures = nullptr) {
  std::vector<LogicalType> output;
  std::vector<RowField> fields;
  for (const Expr& expr : spec.projection) {
    output.push_back(expr.type);
    fields.push_back({absl::StrCat("c", fields.size()), expr.type});
  }
  return OperatorHarness(
      {.input = {kBigInt, kString},
       .output = output,
       .make = [=](OperatorContext context) {
         context.row_failures = failures;
         return CalcOperator::Open(spec, {kInput, fields}, Library(), {},
                                   context);
       }});
}

TEST(CalcOperatorTest, FiltersThenProjects) {
  EXPECT_EQ(Harness({.filter = Above(2), .projection = {Name(), Number()}})
                .Rows({"1, a", "3, b", "NULL, c", "4, NULL"})
                .Expect({"+I b, 3", "+I NULL, 4"})
                .Difference(),
            "");
}

TEST(CalcOperatorTest, KeepsRowKinds) {
  EXPECT_EQ(Harness({.filter = Above(0), .projection = {Number()}})
                .Rows({"+I 1, a", "-U 1, a", "+U 0, a", "-D 5, a"})
                .Expect({"+I 1", "-U 1", "-D 5"})
                .Difference(),
            "");
}

TEST(CalcOperatorTest, PassesItsInputOn) {
  EXPECT_EQ(Harness({.projection = {Number(), Name()}})
                .Rows({"1, a", "-D NULL, b"})
                .Expect({"+I 1, a", "-D NULL, b"})
                .Difference(),
            "");
}

TEST(CalcOperatorTest, CompactsWhatAFilterLeaves) {
  std::vector<std::string> rows(100, "0, some name longer than twelve bytes");
  rows[50] = "7, the one";
  EXPECT_EQ(Harness({.filter = Above(0), .projection = {Number(), Name()}})
                .Rows(rows)
                .Expect({"+I 7, the one"})
                .Difference(),
            "");
}

TEST(CalcOperatorTest, RowsThatTheFilterRefusesCannotFail) {
  const Expr quotient = Expr::Call("/", kBigInt, {Literal(8), Number()});
  EXPECT_EQ(Harness({.filter = Above(0), .projection = {quotient}})
                .Rows({"0, a", "2, a"})
                .Expect({"+I 4"})
                .Difference(),
            "");
}

TEST(CalcOperatorTest, ARowThatFailsFailsTheJobWithAllThatIsKnown) {
  const Expr quotient = Expr::Call("/", kBigInt, {Literal(8), Number()});
  EXPECT_EQ(
      Harness({.projection = {Name(), quotient}})
          .Rows({"0, a"})
          .ExpectError("test: c1 = (8 / n) of the row {n=0, s=a}: EXP-0001: "
                       "division by zero. NULLIF(divisor, 0) gives NULL "
                       "instead. SET 'error-handling.expression.mode' = "
                       "'quarantine' sets such rows aside.")
          .Difference(),
      "");
}

TEST(CalcOperatorTest, AFilterThatFailsSaysSo) {
  const Expr quotient = Expr::Call("/", kBigInt, {Literal(8), Number()});
  const Expr large =
      Expr::Call(">", LogicalType::Boolean(), {quotient, Literal(1)});
  EXPECT_EQ(Harness({.filter = large, .projection = {Name()}})
                .Rows({"0, a"})
                .ExpectError("test: the filter ((8 / n) > 1) of the row "
                             "{n=0, s=a}: EXP-0001")
                .Difference(),
            "");
}

// What the rows that fail become, for a test to look at.
class KeptRows final : public RejectedSink {
 public:
  explicit KeptRows(std::vector<std::string>* rows) : rows_(rows) {}
  absl::Status Write(const RejectedRecord& row, absl::Time) override {
    rows_->push_back(absl::StrCat(row.expression, " of ", row.origin.raw));
    return absl::OkStatus();
  }
  absl::Status Flush() override { return absl::OkStatus(); }

 private:
  std::vector<std::string>* const rows_;
};

TEST(CalcOperatorTest, RowsThatFailAreLeftOutWhereTheJobSaysSo) {
  std::vector<std::string> kept;
  Counter left_out;
  ManualClock clock{absl::UnixEpoch()};
  RowFailures failures(
      std::make_unique<RejectionPolicy>(
          "test", RejectionPolicy::Mode::kQuarantine,
          std::make_unique<KeptRows>(&kept), RejectionPolicy::Subject::kRows),
      &left_out, &clock);
  const Expr quotient = Expr::Call("/", kBigInt, {Literal(8), Number()});
  const Expr large =
      Expr::Call(">", LogicalType::Boolean(), {quotient, Literal(1)});
  const Expr length = Expr::Call(
      "/", kBigInt,
      {Literal(9), Expr::Call("-", kBigInt, {Number(), Literal(2)})});
  EXPECT_EQ(Harness({.filter = large, .projection = {Name(), length}},
                    &failures)
                .Rows({"0, a", "1, b", "-U 2, c", "3, d", "9, e"})
                .Expect({"+I b, -9", "+I d, 9"})
                .Rows({"0, f"})
                .Expect({})
                .Difference(),
            "");
  // In each of the harness's five ways.
  EXPECT_EQ(left_out.value(), 5 * 3);
  EXPECT_THAT(std::set<std::string>(kept.begin(), kept.end()),
              ElementsAre("c1 = (9 / (n - 2)) of {\"n\":2,\"s\":\"c\"}",
                          "the filter ((8 / n) > 1) of {\"n\":0,\"s\":\"a\"}",
                          "the filter ((8 / n) > 1) of {\"n\":0,\"s\":\"f\"}"));
}

}  // namespace
}  // namespace millrace::calc_operator_test
