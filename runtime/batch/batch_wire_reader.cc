#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/batch_wire.h"
#include "runtime/batch/column_reader.h"

namespace millrace {
namespace {

class BatchReader {
 public:
  BatchReader(absl::string_view bytes, const ChunkRef& holder)
      : bytes_(bytes), columns_(&bytes_, holder) {}

  absl::StatusOr<Batch> Read();
  size_t spared_bytes() const { return bytes_.spared(); }

 private:
  absl::StatusOr<VectorRef> Kinds(uint32_t rows);
  absl::StatusOr<VectorRef> Hashes(uint32_t rows, bool is_one);

  UnreadBytes bytes_;
  ColumnReader columns_;
};

absl::StatusOr<VectorRef> BatchReader::Kinds(uint32_t rows) {
  const char* kinds = bytes_.Take(rows);
  if (kinds == nullptr) return BatchTooShort();
  uint8_t seen = 0;
  for (uint32_t i = 0; i < rows; ++i) seen |= static_cast<uint8_t>(kinds[i]);
  if (seen > static_cast<uint8_t>(RowKind::kDelete)) {
    return NoBatch("an unknown kind of row");
  }
  auto vector = std::make_shared<Vector>(PhysicalType::kInt8,
                                         std::max<uint32_t>(rows, 1));
  std::memcpy(vector->data<char>(), kinds, rows);
  return vector;
}

// Who uses hashes takes them from rows: one for all is spread out.
absl::StatusOr<VectorRef> BatchReader::Hashes(uint32_t rows, bool is_one) {
  const char* hashes =
      bytes_.Take(uint64_t{is_one ? 1 : rows} * sizeof(uint64_t));
  if (hashes == nullptr) return BatchTooShort();
  auto vector = std::make_shared<Vector>(PhysicalType::kInt64,
                                         std::max<uint32_t>(rows, 1));
  int64_t* const to = vector->data<int64_t>();
  if (is_one) {
    int64_t hash = 0;
    std::memcpy(&hash, hashes, sizeof(hash));
    std::fill_n(to, rows, hash);
    if (rows > 0) bytes_.Spare(sizeof(uint64_t) * (rows - 1));
  } else {
    std::memcpy(to, hashes, rows * sizeof(uint64_t));
  }
  return vector;
}

absl::StatusOr<Batch> BatchReader::Read() {
  uint8_t format = 0;
  uint8_t flags = 0;
  uint16_t columns = 0;
  Batch batch;
  if (!bytes_.Get(format) || !bytes_.Get(flags) || !bytes_.Get(columns) ||
      !bytes_.Get(batch.row_count)) {
    return BatchTooShort();
  }
  if (format != batch_wire::kFormat) {
    return NoBatch(absl::StrCat("format ", format, ", ", batch_wire::kFormat,
                                " is known"));
  }
  const bool has_hashes = (flags & batch_wire::kHasHashes) != 0;
  const bool is_one_hash = (flags & batch_wire::kIsOneHash) != 0;
  if ((flags & ~(batch_wire::kHasKinds | batch_wire::kHasHashes |
                 batch_wire::kIsOneHash)) != 0 ||
      (is_one_hash && !has_hashes)) {
    return NoBatch("unknown flags");
  }
  if (batch.row_count > kMaxBatchRows) return NoBatch("too many rows");
  for (int i = 0; i < columns; ++i) {
    ASSIGN_OR_RETURN(VectorRef column,
                     columns_.Read(batch.row_count,
                                   i < batch_wire::kMostAlike));
    batch.columns.push_back(std::move(column));
  }
  if ((flags & batch_wire::kHasKinds) != 0) {
    ASSIGN_OR_RETURN(batch.kinds, Kinds(batch.row_count));
  }
  if (has_hashes) {
    ASSIGN_OR_RETURN(batch.hashes, Hashes(batch.row_count, is_one_hash));
  }
  if (bytes_.size() > 0) return NoBatch("bytes are left over");
  return batch;
}

}  // namespace

absl::StatusOr<Batch> ParseBatch(absl::string_view bytes,
                                 const ChunkRef& holder,
                                 size_t* spared_bytes) {
  BatchReader reader(bytes, holder);
  auto batch = reader.Read();
  if (spared_bytes != nullptr) *spared_bytes = reader.spared_bytes();
  return batch;
}

}  // namespace millrace
