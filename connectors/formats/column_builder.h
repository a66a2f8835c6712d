#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/batch/batch.h"
#include "runtime/batch/chunk.h"
#include "runtime/batch/vector.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// One column, with all that is nested in it, while a decoder fills it.
//
// A decoder sets any row below the capacity, in any order, and may set it
// again: the last value counts, so a row that turns out bad is simply set
// anew by the next record. Take hands the rows out and starts afresh. Owned
// by one decoder; the data pointers hold until Take or AddElement.
class ColumnBuilder {
 public:
  ColumnBuilder(const LogicalType& type, uint32_t capacity);
  ColumnBuilder(const ColumnBuilder&) = delete;
  ColumnBuilder& operator=(const ColumnBuilder&) = delete;

  const LogicalType& type() const { return type_; }

  // The array of the type's C++ form. Whoever writes it also calls SetPresent.
  template <typename T>
  T* data() {
    return static_cast<T*>(data_);
  }
  void SetPresent(uint32_t row) {
    if (validity_ != nullptr) {
      validity_[row >> 6] |= uint64_t{1} << (row & 63);
    }
  }
  bool IsNull(uint32_t row) const {
    return validity_ != nullptr &&
           ((validity_[row >> 6] >> (row & 63)) & 1) == 0;
  }
  // A ROW's fields become NULL with it.
  void SetNull(uint32_t row);

  template <typename T>
  void Set(uint32_t row, T value) {
    data<T>()[row] = value;
    SetPresent(row);
  }
  // Bytes inside the chunk that will be given to Pin.
  void SetView(uint32_t row, absl::string_view text) {
    const StringView view(text);
    views_chunk_ |= !view.is_inline();
    Set(row, view);
  }
  void SetCopy(uint32_t row, absl::string_view text) {
    Set(row, strings_.Copy(text));
  }
  StringWriter& strings() { return strings_; }

  // Keeps `chunk` alive with the column if SetView pointed into it since the
  // last Pin; call it after each chunk's records.
  void Pin(const ChunkRef& chunk);

  // ROW: field `index`; ARRAY: 0, the elements; MAP: 0 keys, 1 values.
  ColumnBuilder& child(int index) { return *children_[index]; }
  int child_count() const { return static_cast<int>(children_.size()); }

  // ARRAY and MAP: the row's elements begin behind those that exist.
  void StartList(uint32_t row);
  // One element more in the list begun last; returns its row in the children.
  uint32_t AddElement(uint32_t row);

  // The rows filled since the last Take. The vector's capacity may be larger
  // than the batch.
  VectorRef Take();

 private:
  void Allocate();
  void Grow(uint32_t capacity);

  const LogicalType type_;
  const PhysicalType physical_;
  uint32_t capacity_;
  uint32_t element_count_ = 0;  // Lists only: elements in the children.
  bool views_chunk_ = false;
  std::shared_ptr<Vector> vector_;
  // Into vector_, for speed.
  void* data_ = nullptr;
  uint64_t* validity_ = nullptr;
  StringWriter strings_;
  std::vector<std::unique_ptr<ColumnBuilder>> children_;
};

}  // namespace millrace
