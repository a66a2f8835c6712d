#include "sql/rules/operand_order.h"

#include <string>

#include "gtest/gtest.h"

namespace millrace::sql {
namespace {

Expr Text() { return Expr::Column(0, LogicalType::String()); }
Expr Call(absl::string_view name) {
  return Expr::Call(name, LogicalType::Boolean(), {Text(), Text()});
}
std::string Order(Expr::Kind kind, std::vector<Expr> operands) {
  return ToString(CheapOperandsFirst(
      Expr::Lazy(kind, LogicalType::Boolean(), std::move(operands))));
}

TEST(OperandOrderTest, PutsPatternsLast) {
  EXPECT_EQ(Order(Expr::Kind::kOr,
                  {Call("REGEXP"), Call("="), Call("LIKE"), Call("IN")}),
            "(($0 = $0) OR IN($0, $0) OR REGEXP($0, $0) OR LIKE($0, $0))");
}

TEST(OperandOrderTest, LeavesWhatMayFailWhereItStands) {
  EXPECT_EQ(Order(Expr::Kind::kAnd, {Call("REGEXP"), Call("/"), Call("=")}),
            "(REGEXP($0, $0) AND ($0 / $0) AND ($0 = $0))");
}

TEST(OperandOrderTest, ReachesInside) {
  const Expr inner = Expr::Lazy(Expr::Kind::kOr, LogicalType::Boolean(),
                                {Call("LIKE"), Call("<")});
  EXPECT_EQ(Order(Expr::Kind::kAnd, {Call("="), inner}),
            "(($0 = $0) AND (($0 < $0) OR LIKE($0, $0)))");
}

}  // namespace
}  // namespace millrace::sql
