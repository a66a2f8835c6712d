#pragma once

#include <optional>
#include <span>
#include <vector>

#include "runtime/expr/expression.h"

namespace millrace::sql {

// `expr` as a value of `target`, whose nullability is not looked at: itself
// where the types agree, a literal of that type where the cast can be done
// now, else a CAST.
Expr CastTo(Expr expr, const LogicalType& target);

// The literal `value` of type `from` as one of `to`; nullopt where only the
// CAST itself knows (or would fail).
std::optional<Value> FoldLiteralCast(const Value& value,
                                     const LogicalType& from,
                                     const LogicalType& to);

// Casts all to their common type; false when they have none.
bool CastToCommonType(std::span<Expr* const> exprs);

// The common type of all; nullopt when there is none.
std::optional<LogicalType> CommonTypeOf(std::span<const LogicalType> types);

}  // namespace millrace::sql
