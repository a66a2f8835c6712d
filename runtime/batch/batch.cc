#include "runtime/batch/batch.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/batch/gathered_column.h"

namespace millrace {
namespace {

using SeenChunks = std::vector<const Chunk*>;

// Neighbouring columns of a batch mostly point into the same few chunks.
size_t ChunkBytes(const Vector& vector, SeenChunks& seen) {
  size_t bytes = 0;
  for (const ChunkRef& chunk : vector.chunks()) {
    if (std::find(seen.rbegin(), seen.rend(), chunk.get()) != seen.rend()) {
      continue;
    }
    seen.push_back(chunk.get());
    bytes += chunk->capacity_bytes();
  }
  for (int i = 0; i < vector.child_count(); ++i) {
    if (vector.child(i) != nullptr) bytes += ChunkBytes(*vector.child(i), seen);
  }
  return bytes;
}

// Bytes of chunks that the strings of `vector` itself really use.
size_t UsedBytes(const Vector& vector, uint32_t count) {
  const StringView* views = vector.data<StringView>();
  size_t bytes = 0;
  for (uint32_t row = 0; row < count; ++row) {
    if (!views[row].is_inline() && !vector.IsNull(row)) {
      bytes += views[row].size();
    }
  }
  return bytes;
}

// `vector` with its strings in chunks of their own.
VectorRef CopyStrings(const Vector& vector, uint32_t count) {
  auto copy = std::make_shared<Vector>(PhysicalType::kString, count);
  const StringView* from = vector.data<StringView>();
  StringView* to = copy->data<StringView>();
  StringWriter writer;
  for (uint32_t row = 0; row < count; ++row) {
    if (vector.IsNull(row)) {
      copy->SetNull(row);
      to[row] = StringView();
    } else {
      to[row] = writer.Copy(from[row].view());
    }
  }
  copy->AddChunks(writer.TakeChunks());
  return copy;
}

bool IsTopLevelString(const VectorRef& column) {
  return column->physical() == PhysicalType::kString && !column->is_constant();
}

// Moves the strings of `batch`'s own columns into fresh chunks where less than
// half of what they pin is used.
void UnpinChunks(Batch& batch) {
  SeenChunks seen;
  size_t pinned_bytes = 0;
  size_t used_bytes = 0;
  for (const VectorRef& column : batch.columns) {
    if (!IsTopLevelString(column)) continue;
    pinned_bytes += ChunkBytes(*column, seen);
    used_bytes += UsedBytes(*column, batch.row_count);
  }
  if (used_bytes * 2 >= pinned_bytes) return;
  for (VectorRef& column : batch.columns) {
    if (IsTopLevelString(column)) {
      column = CopyStrings(*column, batch.row_count);
    }
  }
}

}  // namespace

size_t SizeBytes(const Batch& batch) {
  SeenChunks seen;
  size_t bytes = 0;
  for (const VectorRef& column : batch.columns) {
    bytes += column->SizeBytes() + ChunkBytes(*column, seen);
  }
  if (batch.kinds) bytes += batch.kinds->SizeBytes();
  if (batch.hashes) bytes += batch.hashes->SizeBytes();
  if (batch.selected) bytes += batch.selected->size() * sizeof(uint32_t);
  return bytes;
}

VectorRef Gather(const VectorRef& source, const uint32_t* rows,
                 uint32_t count) {
  if (source->is_constant()) return source;
  return GatheredColumn(*source, rows, count);
}

Batch Compact(const Batch& batch) {
  if (batch.selected == nullptr) return batch;
  const std::vector<uint32_t>& rows = *batch.selected;
  const auto count = static_cast<uint32_t>(rows.size());
  Batch out;
  out.row_count = count;
  out.columns.reserve(batch.columns.size());
  for (const VectorRef& column : batch.columns) {
    out.columns.push_back(Gather(column, rows.data(), count));
  }
  if (batch.kinds) out.kinds = Gather(batch.kinds, rows.data(), count);
  if (batch.hashes) out.hashes = Gather(batch.hashes, rows.data(), count);
  UnpinChunks(out);
  return out;
}

}  // namespace millrace
