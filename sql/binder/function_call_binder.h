#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/expression_binder.h"

namespace millrace::sql {

// Every call by name: aggregates, those with branches, properties of a group
// window, and the library.
absl::StatusOr<Expr> BindFunctionCall(ExpressionBinder& binder,
                                      const FunctionCall& call,
                                      const SourceLocation& location);

// The upper-case name where it has one part; SQL-0116 where it has more.
absl::StatusOr<std::string> FunctionNameOf(const FunctionCall& call);

}  // namespace millrace::sql
