#include "sql/physical/leaf_columns.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace millrace::sql {
namespace {

// c0 BIGINT, c1 ROW<a BIGINT, b ROW<x INT NOT NULL, y INT>>.
Expr C0() { return Expr::Column(0, LogicalType::BigInt()); }
Expr C1() {
  return Expr::Column(
      1, LogicalType::Row(
             {{"a", LogicalType::BigInt()},
              {"b", LogicalType::Row({{"x", LogicalType::Integer().NotNull()},
                                      {"y", LogicalType::Integer()}})}}));
}
Expr A() { return Expr::Field(C1(), 0); }
Expr B() { return Expr::Field(C1(), 1); }
Expr X() { return Expr::Field(B(), 0); }

std::string Paths(const LeafColumns& leaves) {
  std::string text;
  for (const auto& column : leaves.Columns()) {
    absl::StrAppend(&text, "/", absl::StrJoin(column.path, "."));
  }
  return text;
}

TEST(LeafColumnsTest, ReadOnlyTheLeavesThatAreUsed) {
  LeafColumns leaves;
  leaves.Add(X());
  leaves.Add(Expr::Call("+", LogicalType::BigInt(), {A(), C0()}));
  leaves.Add(A());
  EXPECT_EQ(Paths(leaves), "/1.1.0/1.0/0");
  EXPECT_EQ(ToString(leaves.Rewrite(X())), "$0");
  EXPECT_EQ(ToString(leaves.Rewrite(C0())), "$2");
}

TEST(LeafColumnsTest, AreNullableWhereAnyRowAboveIs) {
  LeafColumns leaves;
  leaves.Add(X());
  EXPECT_TRUE(leaves.Columns()[0].type.nullable());
}

TEST(LeafColumnsTest, ReadThroughARowThatIsReadWhole) {
  LeafColumns before;
  before.Add(B());
  before.Add(X());
  EXPECT_EQ(Paths(before), "/1.1");
  EXPECT_EQ(ToString(before.Rewrite(X())), "$0.x");

  LeafColumns after;
  after.Add(C0());
  after.Add(X());
  after.Add(A());
  after.Add(C1());
  EXPECT_EQ(Paths(after), "/0/1");
  EXPECT_EQ(ToString(after.Rewrite(X())), "$1.b.x");
  EXPECT_EQ(ToString(after.Rewrite(A())), "$1.a");
}

}  // namespace
}  // namespace millrace::sql
