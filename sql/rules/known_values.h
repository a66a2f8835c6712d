#pragma once

#include <span>

#include "runtime/expr/expression.h"

namespace millrace::sql {

// `expr` for rows where all of `facts` are TRUE. A fact `x = literal` makes x
// that literal, and what follows from it is decided: of
// CASE type WHEN 0 THEN a WHEN 1 THEN b ELSE c END only `c` is left where
// `type = 2` is known, so that a and b need not be decoded.
Expr SimplifyUnder(Expr expr, std::span<const Expr> facts);

}  // namespace millrace::sql
