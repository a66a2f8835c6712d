#include "connectors/formats/column_builder.h"

#include <cstring>
#include <utility>

namespace millrace {
namespace {

// Lists start small, since most are short, and double.
constexpr uint32_t kFirstElementCapacity = 256;

}  // namespace

ColumnBuilder::ColumnBuilder(const LogicalType& type, uint32_t capacity)
    : type_(type), physical_(type.physical()), capacity_(capacity) {
  if (physical_ == PhysicalType::kRow || physical_ == PhysicalType::kList ||
      type.Is(TypeRoot::kMap)) {
    const bool is_row = physical_ == PhysicalType::kRow;
    for (const RowField& field : type.fields()) {
      children_.push_back(std::make_unique<ColumnBuilder>(
          field.type, is_row ? capacity : kFirstElementCapacity));
    }
  } else if (type.Is(TypeRoot::kMultiset)) {
    for (const LogicalType& child : {type.element(), LogicalType::Integer()}) {
      children_.push_back(
          std::make_unique<ColumnBuilder>(child, kFirstElementCapacity));
    }
  }
  Allocate();
}

void ColumnBuilder::Allocate() {
  vector_ = std::make_shared<Vector>(physical_, capacity_, child_count());
  data_ = vector_->data<void>();
  validity_ = nullptr;
}

void ColumnBuilder::SetNull(uint32_t row) {
  if (validity_ == nullptr) validity_ = vector_->MutableValidity();
  validity_[row >> 6] &= ~(uint64_t{1} << (row & 63));
  // The slot of a null holds some valid value.
  if (const size_t width = ValueWidth(physical_); width > 0) {
    std::memset(static_cast<char*>(data_) + row * width, 0, width);
  }
  if (physical_ == PhysicalType::kRow) {
    for (auto& child : children_) child->SetNull(row);
  }
}

void ColumnBuilder::Pin(const ChunkRef& chunk) {
  if (std::exchange(views_chunk_, false)) vector_->AddChunk(chunk);
  for (auto& child : children_) child->Pin(chunk);
}

void ColumnBuilder::StartList(uint32_t row) {
  Set(row, ListEntry{.offset = element_count_, .length = 0});
}

uint32_t ColumnBuilder::AddElement(uint32_t row) {
  for (auto& child : children_) {
    if (element_count_ == child->capacity_) child->Grow(2 * element_count_);
  }
  ++data<ListEntry>()[row].length;
  return element_count_++;
}

void ColumnBuilder::Grow(uint32_t capacity) {
  auto larger =
      std::make_shared<Vector>(physical_, capacity, child_count());
  if (const size_t width = ValueWidth(physical_); width > 0) {
    std::memcpy(larger->data<char>(), data_, width * capacity_);
  }
  if (validity_ != nullptr) {
    std::memcpy(larger->MutableValidity(), validity_,
                (capacity_ + 63) / 64 * 8);
    validity_ = larger->MutableValidity();
  }
  larger->AddChunks(vector_->chunks());
  vector_ = std::move(larger);
  data_ = vector_->data<void>();
  capacity_ = capacity;
  if (physical_ == PhysicalType::kRow) {
    for (auto& child : children_) child->Grow(capacity);
  }
}

VectorRef ColumnBuilder::Take() {
  vector_->AddChunks(strings_.TakeChunks());
  for (int i = 0; i < child_count(); ++i) {
    vector_->SetChild(i, children_[i]->Take());
  }
  element_count_ = 0;
  VectorRef taken = std::move(vector_);
  Allocate();
  return taken;
}

}  // namespace millrace
