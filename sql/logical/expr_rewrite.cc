#include "sql/logical/expr_rewrite.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace millrace::sql {

Expr Rewrite(Expr expr, const std::function<Expr(Expr)>& change) {
  for (Expr& arg : expr.args) arg = Rewrite(std::move(arg), change);
  return change(std::move(expr));
}

Expr Substitute(Expr expr, std::span<const Expr> columns) {
  return Rewrite(std::move(expr), [&](Expr node) {
    return node.kind == Expr::Kind::kColumn ? columns[node.column]
                                            : std::move(node);
  });
}

Expr MapColumns(Expr expr, std::span<const int> mapping) {
  return Rewrite(std::move(expr), [&](Expr node) {
    if (node.kind == Expr::Kind::kColumn) {
      node.column = mapping[node.column];
      MILLRACE_CHECK(node.column >= 0);
    }
    return node;
  });
}

void CollectColumns(const Expr& expr, std::set<int>& columns) {
  ForEachExpr(expr, [&](const Expr& node) {
    if (node.kind == Expr::Kind::kColumn) columns.insert(node.column);
  });
}

std::set<int> ColumnsOf(const Expr& expr) {
  std::set<int> columns;
  CollectColumns(expr, columns);
  return columns;
}

std::vector<Expr> References(std::span<const LogicalType> types) {
  std::vector<Expr> exprs;
  exprs.reserve(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    exprs.push_back(Expr::Column(static_cast<int32_t>(i), types[i]));
  }
  return exprs;
}

bool IsIdentity(std::span<const Expr> exprs, size_t input_width) {
  if (exprs.size() != input_width) return false;
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (exprs[i].kind != Expr::Kind::kColumn || exprs[i].column != int(i)) {
      return false;
    }
  }
  return true;
}

std::vector<Expr> Conjuncts(Expr condition) {
  if (condition.kind != Expr::Kind::kAnd) {
    if (IsTrueLiteral(condition)) return {};
    return {std::move(condition)};
  }
  std::vector<Expr> parts;
  for (Expr& arg : condition.args) {
    for (Expr& part : Conjuncts(std::move(arg))) {
      if (std::find(parts.begin(), parts.end(), part) == parts.end()) {
        parts.push_back(std::move(part));
      }
    }
  }
  return parts;
}

Expr AllOf(std::vector<Expr> conditions) {
  if (conditions.empty()) return TrueLiteral();
  if (conditions.size() == 1) return std::move(conditions[0]);
  bool nullable = false;
  for (const Expr& part : conditions) nullable |= part.type.nullable();
  return Expr::Lazy(Expr::Kind::kAnd,
                    LogicalType::Boolean().WithNullable(nullable),
                    std::move(conditions));
}

Expr TrueLiteral() {
  return Expr::Literal(Value::Bool(true), LogicalType::Boolean().NotNull());
}

bool IsTrueLiteral(const Expr& expr) {
  return expr.kind == Expr::Kind::kLiteral &&
         expr.literal == Value::Bool(true);
}

bool IsDeterministic(const Expr& expr, const FunctionRegistry& functions) {
  bool deterministic = true;
  ForEachExpr(expr, [&](const Expr& node) {
    if (node.kind != Expr::Kind::kCall) return;
    const Function* function = functions.Find(node.function);
    if (function != nullptr && !function->traits.deterministic) {
      deterministic = false;
    }
  });
  return deterministic;
}

bool IsTrivial(const Expr& expr) {
  return expr.kind == Expr::Kind::kColumn ||
         expr.kind == Expr::Kind::kLiteral;
}

}  // namespace millrace::sql
