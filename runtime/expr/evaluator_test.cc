#include "runtime/expr/evaluator.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/batch/vector_value.h"
#include "runtime/types/value_text.h"

namespace millrace {
namespace {

using testing::ElementsAre;

const LogicalType kInt = LogicalType::Integer();
const LogicalType kBool = LogicalType::Boolean();

Expr Int(int64_t value) { return Expr::Literal(Value::Int(value), kInt); }
Expr Call(const char* name, LogicalType type, std::vector<Expr> args) {
  return Expr::Call(name, std::move(type), std::move(args));
}
Expr Lazy(Expr::Kind kind, LogicalType type, std::vector<Expr> args) {
  return Expr::Lazy(kind, std::move(type), std::move(args));
}

// Columns of INT (0, 1) and BOOLEAN (2, 3) with what a test puts in; results
// as text.
class EvaluatorTest : public testing::Test {
 protected:
  EvaluatorTest() { RegisterBuiltinFunctions(registry_); }

  static Expr A() { return Expr::Column(0, kInt); }
  static Expr B() { return Expr::Column(1, kInt); }
  static Expr P() { return Expr::Column(2, kBool); }
  static Expr Q() { return Expr::Column(3, kBool); }
  static Expr TenBy(Expr divisor) {
    return Call("/", kInt, {Int(10), std::move(divisor)});
  }
  static Expr IsZero(Expr value) {
    return Call("=", kBool, {std::move(value), Int(0)});
  }

  void SetInts(std::vector<int> a, std::vector<int> b = {}) {
    batch_.row_count = static_cast<uint32_t>(a.size());
    batch_.columns.resize(4);
    batch_.columns[0] = IntColumn(a);
    batch_.columns[1] = IntColumn(b.empty() ? a : b);
  }
  // 't', 'f' and '?' for NULL.
  void SetBools(const std::string& p, const std::string& q) {
    batch_.row_count = static_cast<uint32_t>(p.size());
    batch_.columns.resize(4);
    batch_.columns[2] = BoolColumn(p);
    batch_.columns[3] = BoolColumn(q);
  }

  std::vector<std::string> Run(const Expr& expr) { return RunAll({expr})[0]; }

  std::vector<std::vector<std::string>> RunAll(
      const std::vector<Expr>& exprs) {
    auto evaluator = Evaluator::Compile(exprs, registry_, {});
    EXPECT_TRUE(evaluator.ok()) << evaluator.status();
    const Selection rows =
        rows_.empty() ? Selection::All(batch_.row_count)
                      : Selection::Of(rows_.data(),
                                      static_cast<uint32_t>(rows_.size()));
    const auto vectors = (*evaluator)->Evaluate(batch_, rows, errors_);
    std::vector<std::vector<std::string>> results(exprs.size());
    for (size_t i = 0; i < exprs.size(); ++i) {
      rows.ForEach([&](uint32_t row) {
        results[i].push_back(
            ValueText(ValueAt(*vectors[i], row), exprs[i].type));
      });
    }
    return results;
  }

  std::vector<uint32_t> FailedRows() const {
    std::vector<uint32_t> rows;
    for (const auto& entry : errors_.entries()) rows.push_back(entry.row);
    return rows;
  }

  FunctionRegistry registry_;
  Batch batch_;
  std::vector<uint32_t> rows_;
  RowErrors errors_;

 private:
  static VectorRef IntColumn(const std::vector<int>& numbers) {
    std::vector<Value> values;
    for (const int number : numbers) values.push_back(Value::Int(number));
    return VectorOf(kInt, values);
  }
  static VectorRef BoolColumn(const std::string& text) {
    std::vector<Value> values;
    for (const char c : text) {
      values.push_back(c == '?' ? Value::Null() : Value::Bool(c == 't'));
    }
    return VectorOf(kBool, values);
  }
};

TEST_F(EvaluatorTest, AndIsThreeValued) {
  SetBools("tttfff???", "tf?tf?tf?");
  EXPECT_THAT(Run(Lazy(Expr::Kind::kAnd, kBool, {P(), Q()})),
              ElementsAre("TRUE", "FALSE", "NULL", "FALSE", "FALSE", "FALSE",
                          "NULL", "FALSE", "NULL"));
}

TEST_F(EvaluatorTest, OrIsThreeValued) {
  SetBools("tttfff???", "tf?tf?tf?");
  EXPECT_THAT(Run(Lazy(Expr::Kind::kOr, kBool, {P(), Q()})),
              ElementsAre("TRUE", "TRUE", "TRUE", "TRUE", "FALSE", "NULL",
                          "TRUE", "NULL", "NULL"));
}

TEST_F(EvaluatorTest, AndOfThreeKeepsUnknownUntilFalse) {
  SetBools("??t", "ttt");
  EXPECT_THAT(
      Run(Lazy(Expr::Kind::kAnd, kBool, {P(), Q(), P()})),
      ElementsAre("NULL", "NULL", "TRUE"));
}

TEST_F(EvaluatorTest, AndDoesNotLookRightOfFalse) {
  SetInts({0, 5, 2});
  // a <> 0 AND 10 / a > 3
  const Expr guarded =
      Lazy(Expr::Kind::kAnd, kBool,
           {Call("<>", kBool, {A(), Int(0)}),
            Call(">", kBool, {TenBy(A()), Int(3)})});
  EXPECT_THAT(Run(guarded), ElementsAre("FALSE", "FALSE", "TRUE"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(EvaluatorTest, DivisionByZeroFailsItsRowAlone) {
  SetInts({5, 0, 2, 0});
  EXPECT_THAT(Run(TenBy(A())), ElementsAre("2", "NULL", "5", "NULL"));
  EXPECT_THAT(FailedRows(), ElementsAre(1, 3));
  EXPECT_EQ(ErrorCode(errors_.entries()[0].status), "EXP-0001");
}

TEST_F(EvaluatorTest, ARowIsSaidToFailInItsFirstExpressionThatDoes) {
  SetInts({5, 0, 0}, {0, 1, 0});
  RunAll({A(), TenBy(B()), TenBy(A())});
  std::vector<std::pair<uint32_t, int>> failed;
  for (const auto& entry : errors_.entries()) {
    failed.emplace_back(entry.row, entry.expression);
  }
  EXPECT_THAT(failed, ElementsAre(std::pair(0, 1), std::pair(2, 1),
                                  std::pair(1, 2)));
}

TEST_F(EvaluatorTest, CaseRunsOnlyTheBranchTaken) {
  SetInts({0, 5, 2});
  const Expr safe = Lazy(Expr::Kind::kCase, kInt,
                         {IsZero(A()), Int(-1), TenBy(A())});
  EXPECT_THAT(Run(safe), ElementsAre("-1", "2", "5"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(EvaluatorTest, CaseTakesNoBranchOnNull) {
  SetBools("t?f", "tt?");
  EXPECT_THAT(Run(Lazy(Expr::Kind::kCase, kInt,
                       {P(), Int(1), Q(), Int(2), Int(3)})),
              ElementsAre("1", "2", "3"));
}

TEST_F(EvaluatorTest, CoalesceStopsAtTheFirstValue) {
  SetInts({0, 5, 2});
  const Expr null_if_zero =
      Lazy(Expr::Kind::kCase, kInt,
           {Call("<>", kBool, {A(), Int(0)}), Int(7),
            Expr::Literal(Value::Null(), kInt)});
  // Only row 0 gets to the division, by b = 5.
  SetInts({0, 5, 2}, {5, 0, 0});
  EXPECT_THAT(Run(Lazy(Expr::Kind::kCoalesce, kInt,
                       {null_if_zero, TenBy(B())})),
              ElementsAre("2", "7", "7"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(EvaluatorTest, BranchesOfNestedValuesAreMergedDeeply) {
  SetInts({0, 5, 2});
  const LogicalType ints = LogicalType::Array(kInt);
  const LogicalType lists = LogicalType::Array(ints);
  const LogicalType rows = LogicalType::Row({{"a", lists}});
  const auto nested = [&](std::vector<Expr> elements) {
    Expr inner = Call("ARRAY", ints, std::move(elements));
    Expr outer = Call("ARRAY", lists, {inner, std::move(inner)});
    return Call("ROW", rows, {std::move(outer)});
  };
  EXPECT_THAT(
      Run(Lazy(Expr::Kind::kCase, rows,
               {IsZero(A()), nested({A()}), Call(">", kBool, {A(), Int(4)}),
                Expr::Literal(Value::Null(), rows), nested({A(), B()})})),
      ElementsAre("([[0], [0]])", "NULL", "([[2, 2], [2, 2]])"));
}

TEST_F(EvaluatorTest, SharedPartsAreRightUnderNarrowedRows) {
  SetInts({0, 5, 2, 1});
  const Expr quotient = TenBy(A());
  // First seen by a branch for some rows, then by another for more.
  const Expr guarded = Lazy(Expr::Kind::kCase, kInt,
                            {Call(">", kBool, {A(), Int(1)}), quotient,
                             Int(0)});
  const Expr wider = Lazy(Expr::Kind::kCase, kInt,
                          {IsZero(A()), Int(0), quotient});
  const auto results = RunAll({guarded, wider});
  EXPECT_THAT(results[0], ElementsAre("0", "2", "5", "0"));
  EXPECT_THAT(results[1], ElementsAre("0", "2", "5", "10"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(EvaluatorTest, RowsNotSelectedDoNotFail) {
  SetInts({0, 5, 0, 1});
  rows_ = {1, 3};
  EXPECT_THAT(Run(TenBy(A())), ElementsAre("2", "10"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(EvaluatorTest, AConstantThatFailsFailsOnlyWhereItIsReached) {
  SetInts({0, 5});
  const Expr bad = TenBy(Int(0));
  EXPECT_THAT(Run(Lazy(Expr::Kind::kCase, kInt,
                       {IsZero(A()), bad, Int(1)})),
              ElementsAre("NULL", "1"));
  EXPECT_THAT(FailedRows(), ElementsAre(0));
}

TEST_F(EvaluatorTest, AColumnThatPassesThroughIsTheInputsOwn) {
  SetInts({1, 2});
  const Expr same_as_it_lies = Call("CAST", kInt.NotNull(), {A()});
  const std::vector<Expr> exprs = {A(), same_as_it_lies};
  auto evaluator = Evaluator::Compile(exprs, registry_, {});
  const auto results =
      (*evaluator)->Evaluate(batch_, Selection::All(2), errors_);
  EXPECT_EQ(results[0], batch_.columns[0]);
  EXPECT_EQ(results[1], batch_.columns[0]);
}

TEST_F(EvaluatorTest, ResultsOutliveTheNextBatch) {
  const Expr sum = Call("+", kInt, {A(), Int(1)});
  const std::vector<Expr> exprs = {sum, Call("ROW",
                                             LogicalType::Row({{"s", kInt}}),
                                             {sum})};
  auto evaluator = Evaluator::Compile(exprs, registry_, {});
  SetInts({1, 2});
  const auto first =
      (*evaluator)->Evaluate(batch_, Selection::All(2), errors_);
  SetInts({10, 20});
  (*evaluator)->Evaluate(batch_, Selection::All(2), errors_);
  EXPECT_EQ(ValueText(ValueAt(*first[0], 1), kInt), "3");
  EXPECT_EQ(ValueText(ValueAt(*first[1], 1), exprs[1].type), "(3)");
}

TEST_F(EvaluatorTest, AFieldOfANullRowIsNull) {
  const LogicalType row_type = LogicalType::Row({{"x", kInt}});
  auto row = std::make_shared<Vector>(row_type, 2);
  const std::vector<Value> fields = {Value::Int(1), Value::Int(2)};
  row->SetChild(0, VectorOf(kInt, fields));
  row->SetNull(1);
  batch_.row_count = 2;
  batch_.columns = {row};
  EXPECT_THAT(Run(Expr::Field(Expr::Column(0, row_type), 0)),
              ElementsAre("1", "NULL"));
}

TEST_F(EvaluatorTest, SelectTrueTakesNeitherFalseNorNull) {
  SetBools("tf?t", "tttt");
  std::vector<uint32_t> selected = {9};
  SelectTrue(*batch_.columns[2], Selection::All(4), selected);
  EXPECT_THAT(selected, ElementsAre(9, 0, 3));
}

TEST_F(EvaluatorTest, AnUnknownFunctionIsRefused) {
  const Expr unknown = Call("NO_SUCH", kInt, {A()});
  const auto evaluator = Evaluator::Compile({&unknown, 1}, registry_, {});
  EXPECT_EQ(ErrorCode(evaluator.status()), "SQL-0100");
}

}  // namespace
}  // namespace millrace
