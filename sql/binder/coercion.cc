#include "sql/binder/coercion.h"

#include <utility>

#include "runtime/expr/type_coercion.h"
#include "sql/logical/literal_cast.h"

namespace millrace::sql {

Expr CastTo(Expr expr, const LogicalType& target) {
  if (expr.type.EqualsIgnoringNull(target)) return expr;
  const LogicalType type = target.WithNullable(expr.type.nullable());
  if (expr.kind == Expr::Kind::kLiteral) {
    if (auto folded = FoldLiteralCast(expr.literal, expr.type, target)) {
      return Expr::Literal(*std::move(folded), type);
    }
  }
  std::vector<Expr> args;
  args.push_back(std::move(expr));
  return Expr::Call("CAST", type, std::move(args));
}

void FitLiterals(std::span<Expr> args) {
  const Expr* column = nullptr;
  for (const Expr& arg : args) {
    if (arg.kind == Expr::Kind::kLiteral) continue;
    if (column != nullptr) return;
    column = &arg;
  }
  if (column == nullptr || !column->type.IsNumeric() ||
      column->type.IsApproximate()) {
    return;
  }
  for (Expr& arg : args) {
    if (arg.kind != Expr::Kind::kLiteral || arg.literal.is_null() ||
        !arg.type.IsNumeric() || arg.type.IsApproximate()) {
      continue;
    }
    auto fitted = FoldLiteralCast(arg.literal, arg.type, column->type);
    if (fitted) {
      arg = Expr::Literal(*std::move(fitted), column->type.NotNull());
    }
  }
}

std::optional<LogicalType> CommonTypeOf(std::span<const LogicalType> types) {
  return CommonType(types);
}

bool CastToCommonType(std::span<Expr* const> exprs) {
  std::vector<LogicalType> types;
  for (const Expr* expr : exprs) types.push_back(expr->type);
  const auto common = CommonTypeOf(types);
  if (!common) return false;
  for (Expr* expr : exprs) *expr = CastTo(std::move(*expr), *common);
  return true;
}

}  // namespace millrace::sql
