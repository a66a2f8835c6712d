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
//   Batch, format 2
//     u8   format = 2
//     u8   flags: 1 row kinds, 2 hashes, 4 one hash for all rows
//     u16  columns
//     u32  rows, at most kMaxBatchRows; there is no selection
//     the columns, one after the other
//     flag 1: a RowKind a row, u8 each
//     flag 2: a hash a row, u64 each; flag 4 (of kHasHashes too): one
//
//   Column of `rows` values; of one value where it is constant
//     u8   PhysicalType
//     u8   flags: 1 constant, 2 validity bits, 4 narrow, 8 alike: a column of
//          the batch's own, not constant, whose `rows` values are the one that
//          is sent; of the first kMostAlike columns
//     u16  children; kNoChildren: those of a list that never had elements
//     flag 2: a bit a value, 1 = present, in whole bytes
//     then, by type:
//     fixed width   the values as in a Vector
//     kInt64        narrow: u8 width (1, 2 or 4), i64 least, and of each value
//                   what it is above the least, of that width
//     kString       where each value ends in the text (u32 a value), the text;
//                   narrow: how long each is (u8), the text
//     kRow          the children, of as many values, constant where it is
//     kList, kMap   the length of each list (u32 a value), their sum (u32),
//                   the children, of that many values, never constant
//     kNull         nothing
//
// What lies in a null's slot is sent as it is, but a null string or list has
// no bytes. Rows and elements that nothing selects do not travel. A byte costs
// both ends and the kernel between them three nanoseconds, a look at a value
// one: so a column of one value everywhere is sent as that value (a day, of
// rows of one second), and numbers that lie close together are narrow.

// Appends the selected rows of `batch`. False: that takes more than
// `limit_bytes`, and `out` is as it was. REQUIRES: at most kMaxBatchRows are
// selected, limit_bytes < 2^31.
//
// `spared_bytes` gets how many bytes the narrow and alike columns and a single
// hash saved; ParseBatch gives the same number, so both ends charge the same
// credit.
bool AppendBatch(const Batch& batch, size_t limit_bytes, std::string& out,
                 size_t* spared_bytes = nullptr);

// The batch that `bytes` are, all of them. Strings are views into `holder`,
// where that is given and `bytes` lie in it; otherwise the text of a column is
// copied at once into a chunk of its own. kDataLoss: the bytes, which may be
// anything, are no batch.
absl::StatusOr<Batch> ParseBatch(absl::string_view bytes,
                                 const ChunkRef& holder,
                                 size_t* spared_bytes = nullptr);

// The numbers of the drawing that both directions use.
namespace batch_wire {
inline constexpr uint8_t kFormat = 2;
inline constexpr uint8_t kHasKinds = 1;
inline constexpr uint8_t kHasHashes = 2;
inline constexpr uint8_t kIsOneHash = 4;
inline constexpr uint8_t kIsConstant = 1;
inline constexpr uint8_t kHasValidity = 2;
inline constexpr uint8_t kIsNarrow = 4;
inline constexpr uint8_t kIsAlike = 8;
// Bounds what few bytes can unpack to: kMaxBatchRows values from one.
inline constexpr int kMostAlike = 1000;
inline constexpr uint16_t kNoChildren = 0xffff;
}  // namespace batch_wire

}  // namespace millrace
