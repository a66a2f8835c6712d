#pragma once

#include <string>

#include "runtime/types/logical_type.h"
#include "runtime/types/value.h"

namespace millrace {

// `value` as Flink's CAST(x AS STRING) prints a `type`: "TRUE", "1.0E10",
// "2024-02-29 12:00:00.000", "(1, a, NULL)", "[1, 2]", "{k=v}", "NULL";
// BYTES as UTF-8. TIMESTAMP_LTZ prints in UTC. For tests, EXPLAIN and
// messages; kernels use the writers of decimal_text.h, datetime_text.h and
// java_number_text.h.
std::string ValueText(const Value& value, const LogicalType& type);

}  // namespace millrace
