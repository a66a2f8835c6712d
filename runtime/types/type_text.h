#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Reads a type as LogicalType::ToString prints it and as Flink's DDL writes
// it: "INT NOT NULL", "DECIMAL(10, 2)", "TIMESTAMP(3) WITH LOCAL TIME ZONE",
// "ROW<`a` INT, b STRING>", "INT ARRAY", "DOUBLE PRECISION". Keywords in any
// case. An error names the place. For plans and tests; SQL text is read by the
// parser of sql/, which knows lines and columns.
absl::StatusOr<LogicalType> ParseLogicalType(absl::string_view text);

}  // namespace millrace
