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

// Makes number literals that stand beside an exact number of another type
// literals of that type where they are such numbers, so that the comparison
// needs no cast of the column.
void FitLiterals(std::span<Expr> args);

// Casts all to their common type; false when they have none.
bool CastToCommonType(std::span<Expr* const> exprs);

// The common type of all; nullopt when there is none.
std::optional<LogicalType> CommonTypeOf(std::span<const LogicalType> types);

}  // namespace millrace::sql
