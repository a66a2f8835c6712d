#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/batch/batch.h"
#include "runtime/types/value.h"

namespace millrace {

// Rows of tests as text: "+U 1, text, NULL, 2.50". The kind may be left out
// (+I). Values stand apart by commas; strings are bare; times are milliseconds
// (or what the type counts in); DECIMAL has its point; BOOLEAN is true or
// false. Only for tests: a text that does not fit its type is a CHECK.
struct TextRow {
  RowKind kind = RowKind::kInsert;
  std::vector<Value> values;
};
TextRow ParseRow(absl::string_view text, std::span<const LogicalType> types);

// Every selected row of `batch`, kinds in front of each.
std::vector<std::string> RowTexts(const Batch& batch,
                                  std::span<const LogicalType> types);

}  // namespace millrace
