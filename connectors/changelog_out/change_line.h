#pragma once

#include <string>
#include <vector>

#include "runtime/batch/batch.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Appends one change as a line:
//
//   +I [1,"2.50","2015-07-15 00:00:00.030","a\\b",null]
//
// the kind, a space, a JSON array without spaces. Whole numbers and booleans
// bare; DECIMAL in quotes, plain, with its scale; FLOAT and DOUBLE in quotes in
// Java's form; TIMESTAMP in quotes with three decimals; strings as they are
// but for quotes, backslashes and control characters; anything else as CAST
// to STRING shows it, in quotes; NULL null.
void AppendChangeLine(const Batch& batch, uint32_t row,
                      const std::vector<LogicalType>& types,
                      std::string& out);

}  // namespace millrace
