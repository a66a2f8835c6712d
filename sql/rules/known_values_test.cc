#include "sql/rules/known_values.h"

#include <vector>

#include "gtest/gtest.h"

namespace millrace::sql {
namespace {

Expr Kind() { return Expr::Column(0, LogicalType::Integer()); }
Expr Leaf(int column) {
  return Expr::Column(column, LogicalType::Timestamp(3));
}
Expr Number(int value) {
  return Expr::Literal(Value::Int(value), LogicalType::Integer().NotNull());
}
Expr Is(int value) {
  return Expr::Call("=", LogicalType::Boolean(), {Kind(), Number(value)});
}
Expr ByKind() {
  return Expr::Lazy(Expr::Kind::kCase, LogicalType::Timestamp(3),
                    {Is(0), Leaf(1), Is(1), Leaf(2), Leaf(3)});
}
std::string Simplified(const Expr& expr, const std::vector<Expr>& facts) {
  return ToString(SimplifyUnder(expr, facts));
}

TEST(KnownValuesTest, LeavesTheBranchThatIsTaken) {
  EXPECT_EQ(Simplified(ByKind(), {Is(0)}), "$1");
  EXPECT_EQ(Simplified(ByKind(), {Is(1)}), "$2");
  EXPECT_EQ(Simplified(ByKind(), {Is(2)}), "$3");
}

TEST(KnownValuesTest, KnowsNothingOfOtherColumns) {
  const Expr other = Expr::Call(
      "=", LogicalType::Boolean(),
      {Expr::Column(7, LogicalType::Integer()), Number(0)});
  EXPECT_EQ(Simplified(ByKind(), {other}), ToString(ByKind()));
  EXPECT_EQ(Simplified(ByKind(), {}), ToString(ByKind()));
}

TEST(KnownValuesTest, IgnoresFactsThatAreNoEquality) {
  const Expr less = Expr::Call("<", LogicalType::Boolean(),
                               {Kind(), Number(2)});
  EXPECT_EQ(Simplified(ByKind(), {less}), ToString(ByKind()));
}

TEST(KnownValuesTest, TakesNoPaddedTextForAnother) {
  const Expr text = Expr::Column(4, LogicalType::Char(3));
  const Expr fact =
      Expr::Call("=", LogicalType::Boolean(),
                 {text, Expr::Literal(Value::Text("a"),
                                      LogicalType::Char(3).NotNull())});
  EXPECT_EQ(Simplified(text, {fact}), "$4");
}

TEST(KnownValuesTest, KeepsTheTypeOfWhatItReplaces) {
  const Expr known = SimplifyUnder(Kind(), std::vector<Expr>{Is(2)});
  EXPECT_EQ(known.kind, Expr::Kind::kLiteral);
  EXPECT_EQ(known.type, LogicalType::Integer());
}

}  // namespace
}  // namespace millrace::sql
