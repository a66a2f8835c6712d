#include "runtime/exchange/batch_accumulator.h"

#include <cstring>
#include <utility>

#include "runtime/exchange/concatenation.h"

namespace millrace {
namespace {

// A batch that gives fewer than one in four of its rows has its strings
// copied: what remains would pin more than it uses.
constexpr uint32_t kSparseDivisor = 4;

// The rows of one batch that are appended at `at`.
struct Source {
  const uint32_t* rows;
  uint32_t count;
  uint32_t at;
  bool copy_strings;
};

template <typename T>
void CopyValues(const Vector& in, const Source& from, Vector& out) {
  const T* values = in.data<T>();
  T* to = out.data<T>() + from.at;
  if (in.is_constant()) {
    for (uint32_t i = 0; i < from.count; ++i) to[i] = values[0];
  } else {
    for (uint32_t i = 0; i < from.count; ++i) to[i] = values[from.rows[i]];
  }
}

struct SixteenBytes {
  uint64_t head;
  uint64_t tail;
};

void CopyFixedWidth(const Vector& in, const Source& from, Vector& out) {
  switch (ValueWidth(in.physical())) {
    case 1: return CopyValues<uint8_t>(in, from, out);
    case 2: return CopyValues<uint16_t>(in, from, out);
    case 4: return CopyValues<uint32_t>(in, from, out);
    case 8: return CopyValues<uint64_t>(in, from, out);
    case 16: return CopyValues<SixteenBytes>(in, from, out);
    default: return;
  }
}

void CopyNulls(const Vector& in, const Source& from, Vector& out) {
  if (in.validity() == nullptr) return;
  for (uint32_t i = 0; i < from.count; ++i) {
    if (in.IsNull(from.rows[i])) out.SetNull(from.at + i);
  }
}

void ShareChunks(const Vector& in, Vector& out) {
  for (const ChunkRef& chunk : in.chunks()) {
    // Consecutive batches mostly lie in one chunk.
    if (out.chunks().empty() || out.chunks().back() != chunk) {
      out.AddChunk(chunk);
    }
  }
}

void MoveStrings(const Source& from, StringWriter& writer, Vector& out) {
  StringView* views = out.data<StringView>() + from.at;
  for (uint32_t i = 0; i < from.count; ++i) {
    if (!views[i].is_inline() && !out.IsNull(from.at + i)) {
      views[i] = writer.Copy(views[i].view());
    }
  }
}

// Appends row kinds or hashes: a plain column that not every batch has.
template <typename T>
void AppendPlain(const VectorRef& in, const Source& from, PhysicalType physical,
                 std::shared_ptr<Vector>& out) {
  if (in == nullptr && out == nullptr) return;
  if (out == nullptr) {
    out = std::make_shared<Vector>(physical, kMaxBatchRows);
    std::memset(out->data<T>(), 0, from.at * sizeof(T));
  }
  if (in == nullptr) {
    std::memset(out->data<T>() + from.at, 0, from.count * sizeof(T));
  } else {
    CopyValues<T>(*in, from, *out);
  }
}

}  // namespace

// One column under construction. Lists are gathered piece by piece, because
// their elements have no fixed place, and joined by Take.
struct BatchAccumulator::Column {
  std::shared_ptr<Vector> vector;
  std::vector<Column> children;
  StringWriter writer;
  std::vector<Piece> pieces;

  explicit Column(const Vector& shape)
      : vector(std::make_shared<Vector>(shape.physical(), kMaxBatchRows,
                                        shape.child_count())) {
    if (shape.physical() != PhysicalType::kRow) return;
    for (int i = 0; i < shape.child_count(); ++i) {
      children.emplace_back(*shape.child(i));
    }
  }

  void Append(const VectorRef& in, const Source& from) {
    const PhysicalType physical = in->physical();
    if (physical == PhysicalType::kList || physical == PhysicalType::kMap) {
      pieces.push_back({Gather(in, from.rows, from.count), from.count});
      return;
    }
    CopyFixedWidth(*in, from, *vector);
    CopyNulls(*in, from, *vector);
    if (physical == PhysicalType::kString) {
      if (from.copy_strings) {
        MoveStrings(from, writer, *vector);
      } else {
        ShareChunks(*in, *vector);
      }
    }
    for (size_t i = 0; i < children.size(); ++i) {
      children[i].Append(in->child(static_cast<int>(i)), from);
    }
  }

  VectorRef Take() {
    if (!pieces.empty()) return Concatenate(pieces);
    for (size_t i = 0; i < children.size(); ++i) {
      vector->SetChild(static_cast<int>(i), children[i].Take());
    }
    vector->AddChunks(writer.TakeChunks());
    return std::move(vector);
  }
};

BatchAccumulator::BatchAccumulator() = default;
BatchAccumulator::BatchAccumulator(BatchAccumulator&&) noexcept = default;
BatchAccumulator& BatchAccumulator::operator=(BatchAccumulator&&) noexcept =
    default;
BatchAccumulator::~BatchAccumulator() = default;

void BatchAccumulator::Append(const Batch& batch, const uint32_t* rows,
                              uint32_t count) {
  if (count == 0) return;
  if (columns_.empty()) {
    columns_.reserve(batch.columns.size());
    for (const VectorRef& column : batch.columns) {
      columns_.emplace_back(*column);
    }
  }
  const Source from = {
      .rows = rows,
      .count = count,
      .at = row_count_,
      .copy_strings =
          batch.selected_count() < batch.row_count / kSparseDivisor};
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].Append(batch.columns[i], from);
  }
  AppendPlain<int8_t>(batch.kinds, from, PhysicalType::kInt8, kinds_);
  AppendPlain<int64_t>(batch.hashes, from, PhysicalType::kInt64, hashes_);
  row_count_ += count;
}

Batch BatchAccumulator::Take() {
  Batch batch;
  batch.row_count = std::exchange(row_count_, 0);
  batch.columns.reserve(columns_.size());
  for (Column& column : columns_) batch.columns.push_back(column.Take());
  columns_.clear();
  batch.kinds = std::exchange(kinds_, nullptr);
  batch.hashes = std::exchange(hashes_, nullptr);
  return batch;
}

}  // namespace millrace
