#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"

namespace millrace::sql {

// IS [NOT] NULL and its like, [NOT] BETWEEN, LIKE, SIMILAR TO, IN.
absl::StatusOr<Expr> BindIsTest(ExpressionBinder& binder, const IsTest& test,
                                const SourceLocation& location);
absl::StatusOr<Expr> BindBetween(ExpressionBinder& binder,
                                 const Between& between,
                                 const SourceLocation& location);
absl::StatusOr<Expr> BindLike(ExpressionBinder& binder, const Like& like,
                              const SourceLocation& location);
// A list of values; a query is not built yet.
absl::StatusOr<Expr> BindIn(ExpressionBinder& binder, const In& in,
                            const SourceLocation& location);

}  // namespace millrace::sql
