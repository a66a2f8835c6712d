#pragma once

#include <optional>

#include "runtime/types/logical_type.h"
#include "runtime/types/value.h"

namespace millrace::sql {

// The literal `value` of type `from` as one of `to`; nullopt where only the
// CAST itself knows (or would fail).
std::optional<Value> FoldLiteralCast(const Value& value,
                                     const LogicalType& from,
                                     const LogicalType& to);

}  // namespace millrace::sql
