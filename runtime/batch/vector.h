#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/base/check.h"
#include "runtime/batch/chunk.h"
#include "runtime/batch/string_view.h"
#include "runtime/types/logical_type.h"

namespace millrace {

class Vector;
struct Value;

// Columns are shared between batches (a projection passes them on) and freed
// on whichever thread drops them last. Once shared, a Vector is not written.
using VectorRef = std::shared_ptr<const Vector>;

// Where one ARRAY or MAP value lies in the child vectors.
struct ListEntry {
  uint32_t offset = 0;
  uint32_t length = 0;
};

// One column of up to `capacity` values of one physical type.
//
// Data: an array of the type's C++ form (uint8_t for kBool, int8_t ... int64_t,
// float, double, __int128, TimeNanos, StringView, ListEntry), 64-byte aligned.
// kRow and kNull have none. A null's slot holds an unspecified valid value.
// Validity: a bit a row, 1 = present; no bits at all = every value present.
// Children: a row's fields, of the same capacity; a list's elements.
// A constant vector has one value that stands for every row.
//
// Filled by one thread, then shared as VectorRef and immutable.
class Vector {
 public:
  Vector(PhysicalType physical, uint32_t capacity);
  // Nested: room for `child_count` children, to be set by SetChild.
  Vector(PhysicalType physical, uint32_t capacity, int child_count)
      : Vector(physical, capacity) {
    children_.resize(child_count);
  }
  // With children in the shape of `type`; a list's child starts empty, and is
  // set by SetChild when its length is known.
  Vector(const LogicalType& type, uint32_t capacity);
  Vector(const Vector&) = delete;
  Vector& operator=(const Vector&) = delete;
  ~Vector();

  // One value for every row. `value` must be of `type`'s physical form.
  static std::shared_ptr<Vector> Constant(const LogicalType& type,
                                          const Value& value);

  PhysicalType physical() const { return physical_; }
  uint32_t capacity() const { return capacity_; }
  bool is_constant() const { return constant_; }
  void set_constant() { constant_ = true; }
  // 0 for a constant, all ones otherwise: `data[row & index_mask()]`.
  uint32_t index_mask() const { return constant_ ? 0 : ~0u; }

  template <typename T>
  T* data() {
    return static_cast<T*>(data_);
  }
  template <typename T>
  const T* data() const {
    return static_cast<const T*>(data_);
  }

  // Null where every value is present.
  const uint64_t* validity() const { return validity_; }
  // Allocates the bits, all present, on first use.
  uint64_t* MutableValidity();
  bool IsNull(uint32_t row) const {
    if (validity_ == nullptr) return physical_ == PhysicalType::kNull;
    row &= index_mask();
    return ((validity_[row >> 6] >> (row & 63)) & 1) == 0;
  }
  void SetNull(uint32_t row) {
    MutableValidity()[row >> 6] &= ~(uint64_t{1} << (row & 63));
  }
  bool may_have_nulls() const {
    return validity_ != nullptr || physical_ == PhysicalType::kNull;
  }

  int child_count() const { return static_cast<int>(children_.size()); }
  const VectorRef& child(int index) const { return children_[index]; }
  void SetChild(int index, VectorRef child) {
    children_[index] = std::move(child);
  }

  // What the StringViews of this column, not of its children, point into.
  const std::vector<ChunkRef>& chunks() const { return chunks_; }
  void AddChunk(ChunkRef chunk) { chunks_.push_back(std::move(chunk)); }
  void AddChunks(const std::vector<ChunkRef>& chunks) {
    chunks_.insert(chunks_.end(), chunks.begin(), chunks.end());
  }

  // Makes a vector that nobody else holds fit to be filled again: every value
  // present, no chunks, not constant. Children stay for the filler to replace.
  void Recycle();

  // Bytes of this column's own buffers and children, without its chunks.
  size_t SizeBytes() const;

 private:
  // Writes the first value. REQUIRES: not nested, `value` not NULL.
  void SetScalar(const Value& value);

  PhysicalType physical_;
  bool constant_ = false;
  uint32_t capacity_;
  void* data_ = nullptr;
  uint64_t* validity_ = nullptr;
  std::vector<VectorRef> children_;
  std::vector<ChunkRef> chunks_;
};

// Bytes of one value in a Vector's data; 0 for kRow and kNull.
size_t ValueWidth(PhysicalType physical);

}  // namespace millrace
