#pragma once

#include <string>
#include <vector>

#include "runtime/batch/batch.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Appends a row as Flink's print sink shows it, "+U[1, abc, 2024-01-31T12:00]":
// each value as its Java object prints. TIMESTAMP as LocalDateTime (no seconds
// where they are zero), TIMESTAMP_LTZ as Instant, BYTES as [104, 105], nested
// rows as +I[...], NULL as null.
void AppendRowText(const Batch& batch, uint32_t row,
                   const std::vector<LogicalType>& types, std::string& out);

}  // namespace millrace
