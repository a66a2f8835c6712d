#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"

namespace millrace::sql {

// ROW(..), ARRAY[..], MAP[..] and the access to their elements.
absl::StatusOr<Expr> BindConstructor(ExpressionBinder& binder,
                                     const Constructor& constructor,
                                     const SourceLocation& location);
absl::StatusOr<Expr> BindElementAccess(ExpressionBinder& binder,
                                       const ElementAccess& access,
                                       const SourceLocation& location);

}  // namespace millrace::sql
