#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/batch/batch.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Rows for people, one at a time: for messages and quarantine, not for the
// data path. `fields` are the batch's columns.

// {"a": 6, "s": "x"}: numbers and booleans bare, bytes as Base64, TIMESTAMP_LTZ
// in UTC with a Z, all else as CAST to STRING prints it; ROW and ARRAY nested,
// without spaces.
std::string RowJson(const Batch& batch, uint32_t row,
                    std::span<const RowField> fields);

// "{a=6, s=x, ...}" of at most about 300 bytes, long values cut; the columns
// `first` stand first.
std::string RowSummary(const Batch& batch, uint32_t row,
                       std::span<const RowField> fields,
                       std::span<const int32_t> first);

}  // namespace millrace
