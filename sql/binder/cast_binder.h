#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"

namespace millrace::sql {

// CAST and TRY_CAST. SQL-0102: Flink has no such cast.
absl::StatusOr<Expr> BindCast(ExpressionBinder& binder, const Cast& cast,
                              const SourceLocation& location);

}  // namespace millrace::sql
