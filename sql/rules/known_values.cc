#include "sql/rules/known_values.h"

#include <utility>
#include <vector>

#include "sql/logical/expr_rewrite.h"

namespace millrace::sql {
namespace {

// Types whose equal values are the same value: no padding, no -0.0.
bool IsExact(const LogicalType& type) {
  return type.IsIntegral() || type.Is(TypeRoot::kVarChar) ||
         type.Is(TypeRoot::kBoolean) || type.Is(TypeRoot::kDate);
}

struct KnownValue {
  const Expr* expr;
  const Expr* literal;
};

std::vector<KnownValue> KnownValues(std::span<const Expr> facts) {
  std::vector<KnownValue> known;
  for (const Expr& fact : facts) {
    if (fact.kind != Expr::Kind::kCall || fact.function != "=") continue;
    const Expr* left = &fact.args[0];
    const Expr* right = &fact.args[1];
    if (left->kind == Expr::Kind::kLiteral) std::swap(left, right);
    if (right->kind == Expr::Kind::kLiteral && !right->literal.is_null() &&
        left->kind != Expr::Kind::kLiteral && IsExact(left->type) &&
        left->type.EqualsIgnoringNull(right->type)) {
      known.push_back({left, right});
    }
  }
  return known;
}

std::optional<bool> Decided(const Expr& expr) {
  if (expr.kind != Expr::Kind::kLiteral) return std::nullopt;
  if (expr.literal.is_null()) return false;  // As a condition.
  const bool* value = std::get_if<bool>(&expr.literal.data);
  return value == nullptr ? std::nullopt : std::optional<bool>(*value);
}

Expr FoldEquality(Expr call) {
  const Expr& a = call.args[0];
  const Expr& b = call.args[1];
  const bool literals = a.kind == Expr::Kind::kLiteral &&
                        b.kind == Expr::Kind::kLiteral &&
                        !a.literal.is_null() && !b.literal.is_null();
  if (!literals || !IsExact(a.type) || !a.type.EqualsIgnoringNull(b.type)) {
    return call;
  }
  const bool equal = (a.literal == b.literal) == (call.function == "=");
  return Expr::Literal(Value::Bool(equal), call.type);
}

// Branches that are never taken go; one that always is ends the list.
Expr FoldCase(Expr node) {
  std::vector<Expr> branches;
  for (size_t i = 0; i + 1 < node.args.size(); i += 2) {
    const auto decided = Decided(node.args[i]);
    if (decided == false) continue;
    if (decided == true) {
      if (branches.empty()) return std::move(node.args[i + 1]);
      branches.push_back(std::move(node.args[i + 1]));
      node.args = std::move(branches);
      return node;
    }
    branches.push_back(std::move(node.args[i]));
    branches.push_back(std::move(node.args[i + 1]));
  }
  if (branches.empty()) return std::move(node.args.back());
  branches.push_back(std::move(node.args.back()));
  node.args = std::move(branches);
  return node;
}

Expr Fold(Expr node) {
  if (node.kind == Expr::Kind::kCase) return FoldCase(std::move(node));
  const bool equality =
      node.kind == Expr::Kind::kCall && node.args.size() == 2 &&
      (node.function == "=" || node.function == "<>");
  return equality ? FoldEquality(std::move(node)) : node;
}

Expr Apply(Expr expr, const std::vector<KnownValue>& known) {
  for (const KnownValue& value : known) {
    if (*value.expr == expr) {
      return Expr::Literal(value.literal->literal, expr.type);
    }
  }
  for (Expr& arg : expr.args) arg = Apply(std::move(arg), known);
  return Fold(std::move(expr));
}

}  // namespace

Expr SimplifyUnder(Expr expr, std::span<const Expr> facts) {
  const std::vector<KnownValue> known = KnownValues(facts);
  if (known.empty()) return expr;
  return Apply(std::move(expr), known);
}

}  // namespace millrace::sql
