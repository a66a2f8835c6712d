#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/expr/function_registry.h"
#include "runtime/expr/expression.h"
#include "sql/parser/source_location.h"

namespace millrace::sql {

// A call of the function library with these arguments: the signature is
// chosen, arguments are cast to it. Errors: SQL-0116 for a name that nobody
// knows, "not built yet" for Flink's, the function's own for its arguments;
// all at `location`.
absl::StatusOr<Expr> ResolveCall(const FunctionRegistry& functions,
                                 absl::string_view name,
                                 std::vector<Expr> args,
                                 const SourceLocation& location);

// An error made without a place (`CODE: what: why. fix`) as one at `location`.
// Errors that have a place already, and OK, stay as they are.
absl::Status AtLocation(const absl::Status& status,
                        const SourceLocation& location);

}  // namespace millrace::sql
