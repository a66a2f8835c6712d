#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/batch/batch.h"
#include "runtime/batch/packed_key.h"

namespace millrace {

// Turns key columns into hashes and cells, a batch at a time, and back.
//
// Keeps scratch space: owned by one operator, called by its worker only.
class KeyPacker {
 public:
  // At least one type.
  explicit KeyPacker(std::vector<LogicalType> types);

  const KeyLayout& layout() const { return layout_; }

  // The keys of `rows`, in their order. `columns` are the key columns. With
  // `hashes` (one int64 a row of the batch: the exchange's) none is computed.
  // The result holds until the next Pack, and no longer than the columns.
  PackedKeys Pack(std::span<const VectorRef> columns, Selection rows,
                  const VectorRef& hashes);

  // The words of one kWord column, without hashes. REQUIRES: no row is NULL.
  PackedKeys PackWordsOnly(const Vector& column, Selection rows);

  // One column a type, from `count` cells and the hashes that lie beside them.
  // REQUIRES: count <= kMaxBatchRows.
  std::vector<VectorRef> Unpack(const char* const* cells,
                                const uint64_t* hashes, uint32_t count);

 private:
  void PackWords(const Vector& column, Selection rows);
  void MarkNullWords(const Vector& column, Selection rows);
  void PackStrings(const Vector& column, Selection rows);
  void PackRows(std::span<const VectorRef> columns, Selection rows);
  void WriteNullBits(std::span<const VectorRef> columns, Selection rows);
  void TakeHashes(const VectorRef& hashes, Selection rows);
  void HashCells(uint32_t count);
  char* Scratch(size_t size_bytes);

  VectorRef UnpackWords(const char* const* cells, const uint64_t* hashes,
                        uint32_t count);
  VectorRef UnpackStrings(const char* const* cells, uint32_t count);

  std::vector<LogicalType> types_;
  KeyLayout layout_;
  std::vector<char> cells_;
  std::vector<uint64_t> hashes_;
  const char* cells_out_ = nullptr;
  const uint64_t* hashes_out_ = nullptr;
  std::vector<uint32_t> lengths_;
  std::vector<char*> ends_;
  // Keys that do not fit their cells: blocks, reused by the next Pack.
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<size_t> block_bytes_;
  size_t block_ = 0;
  size_t block_used_ = 0;
};

// The hash column that an exchange adds: one int64 for each row of `rows`, at
// the row's own place; other places are unspecified.
class KeyHasher {
 public:
  explicit KeyHasher(std::vector<LogicalType> types);

  VectorRef Hash(std::span<const VectorRef> columns, Selection rows,
                 uint32_t row_count);

 private:
  KeyPacker packer_;
};

}  // namespace millrace
