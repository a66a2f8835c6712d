#pragma once

#include <span>
#include <vector>

#include "runtime/batch/selection.h"
#include "runtime/operators/column_constraints.h"

namespace millrace {

// Makes text and bytes as long as their columns' types say: what is longer is
// cut, what is shorter than a CHAR is filled with spaces, than a BINARY with
// zero bytes. `columns` have rows up to `row_count`, of which `rows` count; the
// lengths and the nested ROWs of `constraints` are seen to, collections are
// not. A column in which everything fits is the given one.
std::vector<VectorRef> FitLengths(const ColumnConstraints& constraints,
                                  std::span<const VectorRef> columns,
                                  uint32_t row_count, Selection rows);

}  // namespace millrace
