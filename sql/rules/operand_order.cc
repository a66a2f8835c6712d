#include "sql/rules/operand_order.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "sql/logical/expr_rewrite.h"

namespace millrace::sql {
namespace {

bool IsDear(const Expr& expr) {
  bool dear = false;
  ForEachExpr(expr, [&](const Expr& node) {
    dear |= node.kind == Expr::Kind::kCall &&
            (absl::StartsWith(node.function, "REGEXP") ||
             node.function == "SIMILAR TO" || node.function == "LIKE");
  });
  return dear;
}

// Calls that take a few nanoseconds a row and give no row error.
bool IsCheapAndSafe(const Expr& expr) {
  constexpr absl::string_view kCheap[] = {
      "=",  "<>",      "<",           "<=",    ">",     ">=",
      "IN", "IS NULL", "IS NOT NULL", "LOWER", "UPPER", "CHAR_LENGTH"};
  bool cheap = true;
  ForEachExpr(expr, [&](const Expr& node) {
    if (node.kind != Expr::Kind::kCall) return;
    cheap &= std::find(std::begin(kCheap), std::end(kCheap),
                       node.function) != std::end(kCheap);
  });
  return cheap;
}

Expr Ordered(Expr node) {
  if (node.kind != Expr::Kind::kAnd && node.kind != Expr::Kind::kOr) {
    return node;
  }
  // Only past operands that are dear themselves: what may fail keeps its
  // guards.
  const bool sortable =
      std::all_of(node.args.begin(), node.args.end(), [](const Expr& arg) {
        return IsDear(arg) || IsCheapAndSafe(arg);
      });
  if (sortable) {
    std::stable_partition(node.args.begin(), node.args.end(),
                          [](const Expr& arg) { return !IsDear(arg); });
  }
  return node;
}

}  // namespace

Expr CheapOperandsFirst(Expr condition) {
  return Rewrite(std::move(condition), Ordered);
}

}  // namespace millrace::sql
