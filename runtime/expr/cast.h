#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "runtime/expr/function.h"

namespace millrace {

// The kernels behind CAST. Strict in NULLs. What does not convert is an error
// of its row (EXP-0002) or NULL, as in Flink: text that is no number fails,
// a number too large for a DECIMAL is NULL, integers wrap.
// REQUIRES: CheckExplicitCast(from, to) is OK.
std::unique_ptr<Kernel> MakeCast(const LogicalType& from,
                                 const LogicalType& to,
                                 const FunctionContext& context);

// TRY_CAST: rows that would fail are NULL.
std::unique_ptr<Kernel> MakeTryCast(const LogicalType& from,
                                    const LogicalType& to,
                                    const FunctionContext& context);

// True where the text `value` casts to the type `to`.
bool TextIsValueOf(const Value& value, const LogicalType& to);

}  // namespace millrace
