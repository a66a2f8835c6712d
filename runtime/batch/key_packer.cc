#include "runtime/batch/key_packer.h"

#include <algorithm>
#include <utility>

#include "runtime/batch/packed_value.h"

namespace millrace {
namespace {

constexpr size_t kBlockBytes = 64 << 10;
constexpr char kEscape = '\xff';

template <typename T>
void CopyWords(const Vector& column, Selection rows, uint64_t* words) {
  const T* data = column.data<T>();
  const uint32_t mask = column.index_mask();
  for (uint32_t i = 0; i < rows.size(); ++i) words[i] = data[rows[i] & mask];
}

template <typename T>
void WriteWords(const char* const* cells, uint32_t count, Vector& out) {
  T* data = out.data<T>();
  for (uint32_t i = 0; i < count; ++i) {
    std::memcpy(&data[i], cells[i], sizeof(T));
  }
}

}  // namespace

KeyPacker::KeyPacker(std::vector<LogicalType> types)
    : types_(std::move(types)), layout_(KeyLayout::For(types_)) {
  MILLRACE_CHECK(!types_.empty());
}

PackedKeys KeyPacker::Pack(std::span<const VectorRef> columns, Selection rows,
                           const VectorRef& hashes) {
  hashes_out_ = nullptr;
  if (hashes != nullptr) TakeHashes(hashes, rows);
  switch (layout_.form) {
    case KeyForm::kWord:
      PackWords(*columns[0], rows);
      if (columns[0]->may_have_nulls()) MarkNullWords(*columns[0], rows);
      break;
    case KeyForm::kBytes16: PackStrings(*columns[0], rows); break;
    case KeyForm::kBytes32: PackRows(columns, rows); break;
  }
  if (hashes_out_ == nullptr) HashCells(rows.size());
  return {.count = rows.size(), .hashes = hashes_out_, .cells = cells_out_};
}

void KeyPacker::TakeHashes(const VectorRef& hashes, Selection rows) {
  const auto* from = hashes->data<uint64_t>();
  if (rows.is_dense()) {
    hashes_out_ = from;
    return;
  }
  hashes_.resize(rows.size());
  for (uint32_t i = 0; i < rows.size(); ++i) hashes_[i] = from[rows[i]];
  hashes_out_ = hashes_.data();
}

void KeyPacker::PackWords(const Vector& column, Selection rows) {
  const uint32_t count = rows.size();
  const bool nullable = column.may_have_nulls();
  if (layout_.word_bytes == 8 && rows.is_dense() && !nullable &&
      !column.is_constant()) {
    cells_out_ = column.data<char>();  // The column is the cells.
    return;
  }
  cells_.resize(size_t{count} * 8);
  auto* words = reinterpret_cast<uint64_t*>(cells_.data());
  switch (layout_.word_bytes) {
    case 1: CopyWords<uint8_t>(column, rows, words); break;
    case 2: CopyWords<uint16_t>(column, rows, words); break;
    case 4: CopyWords<uint32_t>(column, rows, words); break;
    default: CopyWords<uint64_t>(column, rows, words); break;
  }
  cells_out_ = cells_.data();
}

void KeyPacker::MarkNullWords(const Vector& column, Selection rows) {
  auto* words = reinterpret_cast<uint64_t*>(cells_.data());
  if (hashes_out_ == nullptr) HashCells(rows.size());
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (!column.IsNull(rows[i])) continue;
    words[i] = 0;
    if (hashes_out_ == hashes_.data()) hashes_[i] = NullWordHash();
  }
}

PackedKeys KeyPacker::PackWordsOnly(const Vector& column, Selection rows) {
  PackWords(column, rows);
  return {.count = rows.size(), .hashes = nullptr, .cells = cells_out_};
}

void KeyPacker::PackStrings(const Vector& column, Selection rows) {
  const uint32_t count = rows.size();
  cells_.resize(size_t{count} * 16);
  auto* out = reinterpret_cast<StringView*>(cells_.data());
  const StringView* views = column.data<StringView>();
  const uint32_t mask = column.index_mask();
  const bool nullable = column.may_have_nulls();
  block_ = block_used_ = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t row = rows[i];
    if (nullable && column.IsNull(row)) {
      out[i] = StringView(absl::string_view(&kEscape, 1));
      continue;
    }
    out[i] = views[row & mask];
    const StringView& view = out[i];
    if (view.size() == 0 || view.data()[0] != kEscape) [[likely]] continue;
    char* copy = Scratch(view.size() + 1);
    copy[0] = kEscape;
    std::memcpy(copy + 1, view.data(), view.size());
    out[i] = StringView(absl::string_view(copy, view.size() + 1));
  }
  cells_out_ = cells_.data();
}

void KeyPacker::PackRows(std::span<const VectorRef> columns, Selection rows) {
  const uint32_t count = rows.size();
  const auto null_bytes = static_cast<uint32_t>((types_.size() + 7) / 8);
  lengths_.assign(count, null_bytes);
  for (const VectorRef& column : columns) {
    AddPackedLengths(*column, rows, lengths_.data());
  }
  cells_.assign(size_t{count} * 32, 0);
  ends_.resize(count);
  block_ = block_used_ = 0;
  for (uint32_t i = 0; i < count; ++i) {
    char* cell = cells_.data() + size_t{i} * 32;
    std::memcpy(cell, &lengths_[i], 4);
    if (lengths_[i] <= InlineBytes(KeyForm::kBytes32)) {
      ends_[i] = cell + 4;
    } else {
      ends_[i] = Scratch(lengths_[i]);
      std::memcpy(cell + 8, &ends_[i], 8);
      std::memset(ends_[i], 0, null_bytes);
    }
  }
  WriteNullBits(columns, rows);
  for (const VectorRef& column : columns) {
    WritePacked(*column, rows, ends_.data());
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (lengths_[i] <= InlineBytes(KeyForm::kBytes32)) continue;
    std::memcpy(cells_.data() + size_t{i} * 32 + 4, ends_[i] - lengths_[i], 4);
  }
  cells_out_ = cells_.data();
}

void KeyPacker::WriteNullBits(std::span<const VectorRef> columns,
                              Selection rows) {
  const size_t null_bytes = (types_.size() + 7) / 8;
  for (size_t column = 0; column < columns.size(); ++column) {
    if (!columns[column]->may_have_nulls()) continue;
    const auto bit = static_cast<char>(1 << (column % 8));
    for (uint32_t i = 0; i < rows.size(); ++i) {
      if (columns[column]->IsNull(rows[i])) ends_[i][column / 8] |= bit;
    }
  }
  for (uint32_t i = 0; i < rows.size(); ++i) ends_[i] += null_bytes;
}

void KeyPacker::HashCells(uint32_t count) {
  hashes_.resize(count);
  if (layout_.form == KeyForm::kWord && layout_.word_bytes == 8) {
    HashWords(reinterpret_cast<const uint64_t*>(cells_out_), count,
              hashes_.data());
  } else {
    const uint32_t width = CellBytes(layout_.form);
    for (uint32_t i = 0; i < count; ++i) {
      // A NULL word is hashed by PackWords; here it is any 0.
      hashes_[i] = HashBytes(
          layout_.form == KeyForm::kWord
              ? absl::string_view(cells_out_ + size_t{i} * width,
                                  layout_.word_bytes)
              : layout_.Bytes(cells_out_ + size_t{i} * width, 0));
    }
  }
  hashes_out_ = hashes_.data();
}

char* KeyPacker::Scratch(size_t size_bytes) {
  for (;; ++block_, block_used_ = 0) {
    if (block_ == blocks_.size()) {
      block_bytes_.push_back(std::max(kBlockBytes, size_bytes));
      blocks_.push_back(std::make_unique<char[]>(block_bytes_.back()));
    }
    if (block_used_ + size_bytes <= block_bytes_[block_]) break;
  }
  block_used_ += size_bytes;
  return blocks_[block_].get() + block_used_ - size_bytes;
}

std::vector<VectorRef> KeyPacker::Unpack(const char* const* cells,
                                         const uint64_t* hashes,
                                         uint32_t count) {
  if (layout_.form == KeyForm::kWord) {
    return {UnpackWords(cells, hashes, count)};
  }
  if (layout_.form == KeyForm::kBytes16) return {UnpackStrings(cells, count)};
  const size_t null_bytes = (types_.size() + 7) / 8;
  std::vector<const char*> starts(count);
  std::vector<const char*> ins(count);
  for (uint32_t i = 0; i < count; ++i) {
    starts[i] = layout_.Bytes(cells[i], 0).data();
    ins[i] = starts[i] + null_bytes;
  }
  std::vector<VectorRef> columns;
  std::vector<uint8_t> nulls(count);
  for (size_t column = 0; column < types_.size(); ++column) {
    uint8_t any = 0;
    for (uint32_t i = 0; i < count; ++i) {
      nulls[i] = (starts[i][column / 8] >> (column % 8)) & 1;
      any |= nulls[i];
    }
    columns.push_back(ReadPacked(types_[column], any ? nulls.data() : nullptr,
                                 count, ins.data()));
  }
  return columns;
}

VectorRef KeyPacker::UnpackWords(const char* const* cells,
                                 const uint64_t* hashes, uint32_t count) {
  auto out = std::make_shared<Vector>(types_[0].physical(),
                                      std::max<uint32_t>(count, 1));
  switch (layout_.word_bytes) {
    case 1: WriteWords<uint8_t>(cells, count, *out); break;
    case 2: WriteWords<uint16_t>(cells, count, *out); break;
    case 4: WriteWords<uint32_t>(cells, count, *out); break;
    default: WriteWords<uint64_t>(cells, count, *out); break;
  }
  const uint64_t null_hash = NullWordHash();
  for (uint32_t i = 0; i < count; ++i) {
    if (hashes[i] != null_hash) [[likely]] continue;
    uint64_t word;
    std::memcpy(&word, cells[i], 8);
    if (word == 0) out->SetNull(i);
  }
  return out;
}

VectorRef KeyPacker::UnpackStrings(const char* const* cells, uint32_t count) {
  auto out = std::make_shared<Vector>(PhysicalType::kString,
                                      std::max<uint32_t>(count, 1));
  auto* views = out->data<StringView>();
  StringWriter writer;
  for (uint32_t i = 0; i < count; ++i) {
    absl::string_view text = layout_.Bytes(cells[i], 0);
    if (!text.empty() && text[0] == kEscape) [[unlikely]] {
      text.remove_prefix(1);
      if (text.empty()) out->SetNull(i);
    }
    views[i] = writer.Copy(text);
  }
  out->AddChunks(writer.TakeChunks());
  return out;
}

KeyHasher::KeyHasher(std::vector<LogicalType> types)
    : packer_(std::move(types)) {}

VectorRef KeyHasher::Hash(std::span<const VectorRef> columns, Selection rows,
                          uint32_t row_count) {
  const PackedKeys keys = packer_.Pack(columns, rows, nullptr);
  auto out = std::make_shared<Vector>(PhysicalType::kInt64,
                                      std::max<uint32_t>(row_count, 1));
  auto* hashes = out->data<uint64_t>();
  for (uint32_t i = 0; i < keys.count; ++i) hashes[rows[i]] = keys.hashes[i];
  return out;
}

}  // namespace millrace
