#pragma once

#include "runtime/expr/expression.h"

namespace millrace::sql {

// In AND and OR, what is dear (regular expressions and patterns) behind what
// is cheap and cannot fail, each group in the order it was written: a row that
// the cheap ones decide never sees the dear ones. Values do not change, three-
// valued logic has no order.
Expr CheapOperandsFirst(Expr condition);

}  // namespace millrace::sql
