#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"

namespace millrace::sql {

// CASE in both forms.
absl::StatusOr<Expr> BindCase(ExpressionBinder& binder, const Case& node,
                              const SourceLocation& location);

// COALESCE, IF, IFNULL, NULLIF: their arguments are computed as needed.
// nullopt: `name` is none of them.
absl::StatusOr<std::optional<Expr>> BindConditional(
    ExpressionBinder& binder, absl::string_view name,
    const std::vector<Expr>& args, const SourceLocation& location);

// CASE over bound branches: condition, result, ..., else. Results are cast to
// their common type.
absl::StatusOr<Expr> MakeCase(std::vector<Expr> branches,
                              const SourceLocation& location);

}  // namespace millrace::sql
