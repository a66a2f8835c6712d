#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"

namespace millrace::sql {

// AND, OR, NOT, comparisons, arithmetic, ||, OVERLAPS.
absl::StatusOr<Expr> BindOperator(ExpressionBinder& binder,
                                  const OperatorCall& call,
                                  const SourceLocation& location);

// a OR b OR ..., a AND b AND ... of BOOLEANs.
Expr AnyOf(std::vector<Expr> conditions);
Expr Both(Expr a, Expr b);

}  // namespace millrace::sql
