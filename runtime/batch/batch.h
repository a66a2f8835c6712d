#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/batch/selection.h"
#include "runtime/batch/vector.h"
#include "runtime/types/row_kind.h"

namespace millrace {

// The most rows a batch has. With six 8-byte columns this is 96 KiB: a
// pipeline's live columns stay in a core's L2.
inline constexpr uint32_t kMaxBatchRows = 2048;

// The unit that operators exchange: some rows of some columns.
//
// A cheap value: columns and selection are shared and immutable, so handing a
// batch on copies pointers. Moved through rings between threads.
struct Batch {
  // Rows in the columns, selected or not.
  uint32_t row_count = 0;
  std::vector<VectorRef> columns;

  // The rows that count, ascending; none = all of [0, row_count).
  std::shared_ptr<const std::vector<uint32_t>> selected;

  // A RowKind a row, as int8; none = every row is +I. Only on changelog edges.
  VectorRef kinds;

  // The key's hash a row, as int64, computed once at the exchange; none until
  // then.
  VectorRef hashes;

  Selection selection() const {
    return selected ? Selection::Of(selected->data(),
                                    static_cast<uint32_t>(selected->size()))
                    : Selection::All(row_count);
  }
  uint32_t selected_count() const {
    return selected ? static_cast<uint32_t>(selected->size()) : row_count;
  }
  RowKind kind(uint32_t row) const {
    return kinds ? static_cast<RowKind>(kinds->data<int8_t>()[row])
                 : RowKind::kInsert;
  }
};

// Bytes a batch is charged for in a ring: its columns and every chunk it pins.
size_t SizeBytes(const Batch& batch);

// `batch` with only its selected rows, in order, without a selection. Strings
// are not copied: the chunks are shared, unless less than half of them is used,
// when the strings move into a chunk of their own.
Batch Compact(const Batch& batch);

// The values of `source` at `rows` (row numbers of `source`), in that order.
// Strings share chunks.
VectorRef Gather(const VectorRef& source, const uint32_t* rows,
                 uint32_t count);

}  // namespace millrace
