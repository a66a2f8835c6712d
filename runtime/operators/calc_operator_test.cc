#include "runtime/operators/calc_operator.h"

#include "gtest/gtest.h"
#include "runtime/operators/operator_harness.h"

namespace millrace {
namespace {

const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kString = LogicalType::String();
const std::vector<LogicalType> kInput = {kBigInt, kString};

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

OperatorHarness Harness(CalcSpec spec) {
  std::vector<LogicalType> output;
  for (const Expr& expr : spec.projection) output.push_back(expr.type);
  return OperatorHarness({.input = kInput,
                          .output = output,
                          .make = [=](const OperatorContext& context) {
                            return CalcOperator::Open(spec, kInput, Library(),
                                                      {}, context);
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

TEST(CalcOperatorTest, ARowThatFailsFailsTheJob) {
  const Expr quotient = Expr::Call("/", kBigInt, {Literal(8), Number()});
  EXPECT_EQ(Harness({.projection = {quotient}})
                .Rows({"0, a"})
                .ExpectError("test: EXP-")
                .Difference(),
            "");
}

}  // namespace
}  // namespace millrace
