#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/types/logical_type.h"

namespace millrace::sql {

// The result type of a built aggregate function; see AggregateResultType of
// runtime/expr, whose header cannot stand beside that of the plan's calls.
absl::StatusOr<LogicalType> AggregateTypeOf(absl::string_view name,
                                            std::span<const LogicalType> args,
                                            bool grouped);

}  // namespace millrace::sql
