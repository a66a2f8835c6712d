#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/batch/batch.h"
#include "runtime/batch/chunk.h"

namespace millrace {

// A batch as it travels between processes: whole columns, so that both ends
// mostly copy blocks. Numbers are little-endian and not aligned.
//
//   Batch, format 1
//     u8   format = 1
//     u8   flags: 1 row kinds, 2 hashes
//     u16  columns
//     u32  rows, at most kMaxBatchRows; there is no selection
//     the columns, one after the other
//     flag 1: a RowKind a row, u8 each
//     flag 2: a hash a row, u64 each
//
//   Column of `rows` values; of one value where it is constant
//     u8   PhysicalType
//     u8   flags: 1 constant, 2 validity bits
//     u16  children; kNoChildren: those of a list that never had elements
//     flag 2: a bit a value, 1 = present, in whole bytes
//     then, by type:
//     fixed width   the values as in a Vector
//     kString       where each value ends in the text (u32 a value), the text
//     kRow          the children, of as many values, constant where it is
//     kList, kMap   the length of each list (u32 a value), their sum (u32),
//                   the children, of that many values, never constant
//     kNull         nothing
//
// What lies in a null's slot is sent as it is, but a null string or list has
// no bytes. Rows and elements that nothing selects do not travel.

// Appends the selected rows of `batch`. False: that takes more than
// `limit_bytes`, and `out` is as it was. REQUIRES: at most kMaxBatchRows are
// selected, limit_bytes < 2^31.
bool AppendBatch(const Batch& batch, size_t limit_bytes, std::string& out);

// The batch that `bytes` are, all of them. Strings are views into `holder`,
// where that is given and `bytes` lie in it; otherwise the text of a column is
// copied at once into a chunk of its own. kDataLoss: the bytes, which may be
// anything, are no batch.
absl::StatusOr<Batch> ParseBatch(absl::string_view bytes,
                                 const ChunkRef& holder);

// The numbers of the drawing that both directions use.
namespace batch_wire {
inline constexpr uint8_t kFormat = 1;
inline constexpr uint8_t kHasKinds = 1;
inline constexpr uint8_t kHasHashes = 2;
inline constexpr uint8_t kIsConstant = 1;
inline constexpr uint8_t kHasValidity = 2;
inline constexpr uint16_t kNoChildren = 0xffff;
}  // namespace batch_wire

}  // namespace millrace
