#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace millrace {

// Which rows of a batch count, ascending row numbers; a filter's result.
//
// Either the dense run [0, size) without an index, or an index into the batch.
// Borrowed: whoever made the index keeps it alive.
class Selection {
 public:
  // Every row of a batch of `size` rows.
  static Selection All(uint32_t size) { return Selection(nullptr, size); }
  static Selection Of(const uint32_t* rows, uint32_t size) {
    return Selection(rows, size);
  }

  uint32_t size() const { return size_; }
  bool is_dense() const { return rows_ == nullptr; }
  const uint32_t* rows() const { return rows_; }
  uint32_t operator[](uint32_t i) const { return rows_ ? rows_[i] : i; }

  // Calls `visit(row)` for each selected row; the dense case is a plain loop.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    if (rows_ == nullptr) {
      for (uint32_t row = 0; row < size_; ++row) visit(row);
    } else {
      for (uint32_t i = 0; i < size_; ++i) visit(rows_[i]);
    }
  }

 private:
  Selection(const uint32_t* rows, uint32_t size) : rows_(rows), size_(size) {}

  const uint32_t* rows_;
  uint32_t size_;
};

}  // namespace millrace
