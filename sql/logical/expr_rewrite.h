#pragma once

#include <functional>
#include <set>
#include <span>
#include <vector>

#include "runtime/expr/expression.h"
#include "runtime/expr/function_registry.h"

namespace millrace::sql {

// Rewriting of bound expressions: pure functions over trees of values.

// `expr` with each reference to column i replaced by `columns[i]`.
Expr Substitute(Expr expr, std::span<const Expr> columns);

// `expr` with each reference to column i made one to `mapping[i]`.
// REQUIRES: no reference to a column whose mapping is negative.
Expr MapColumns(Expr expr, std::span<const int> mapping);

// Rebuilds bottom-up: `change` gets each node with its arguments done.
Expr Rewrite(Expr expr, const std::function<Expr(Expr)>& change);

void CollectColumns(const Expr& expr, std::set<int>& columns);
std::set<int> ColumnsOf(const Expr& expr);

// References to columns 0, 1, 2... of these types: the identity projection.
std::vector<Expr> References(std::span<const LogicalType> types);
bool IsIdentity(std::span<const Expr> exprs, size_t input_width);

// a AND (b AND c) as {a, b, c}; and back: TRUE for none.
std::vector<Expr> Conjuncts(Expr condition);
Expr AllOf(std::vector<Expr> conditions);
Expr TrueLiteral();
bool IsTrueLiteral(const Expr& expr);

// Same input, same result: may be computed again, earlier, or never.
bool IsDeterministic(const Expr& expr, const FunctionRegistry& functions);

// Only literals and references: nothing to compute.
bool IsTrivial(const Expr& expr);

}  // namespace millrace::sql
