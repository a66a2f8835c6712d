#include "runtime/batch/vector.h"

#include <cstdlib>
#include <cstring>

#include "runtime/batch/vector_value.h"
#include "runtime/types/value.h"

namespace millrace {
namespace {

constexpr size_t kAlignment = 64;

size_t RoundUp(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

size_t ValidityWords(uint32_t capacity) { return (capacity + 63) / 64; }

void* Allocate(size_t bytes) {
  void* memory = std::aligned_alloc(kAlignment, RoundUp(bytes));
  MILLRACE_CHECK(memory != nullptr);
  return memory;
}

}  // namespace

size_t ValueWidth(PhysicalType physical) {
  switch (physical) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8: return 1;
    case PhysicalType::kInt16: return 2;
    case PhysicalType::kInt32:
    case PhysicalType::kFloat: return 4;
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
    case PhysicalType::kList:
    case PhysicalType::kMap: return 8;
    case PhysicalType::kInt128:
    case PhysicalType::kTimeNanos:
    case PhysicalType::kString: return 16;
    case PhysicalType::kRow:
    case PhysicalType::kNull: return 0;
  }
  return 0;
}

Vector::Vector(PhysicalType physical, uint32_t capacity)
    : physical_(physical), capacity_(capacity) {
  const size_t bytes = ValueWidth(physical) * capacity;
  if (bytes > 0) data_ = Allocate(bytes);
}

Vector::Vector(const LogicalType& type, uint32_t capacity)
    : Vector(type.physical(), capacity) {
  if (physical_ == PhysicalType::kRow) {
    for (const RowField& field : type.fields()) {
      children_.push_back(std::make_shared<Vector>(field.type, capacity));
    }
  } else if (physical_ == PhysicalType::kList) {
    children_.resize(1);
  } else if (physical_ == PhysicalType::kMap) {
    children_.resize(2);
  }
}

Vector::~Vector() {
  std::free(data_);
  std::free(validity_);
}

uint64_t* Vector::MutableValidity() {
  if (validity_ == nullptr) {
    const size_t bytes = ValidityWords(capacity_) * 8;
    validity_ = static_cast<uint64_t*>(Allocate(bytes));
    std::memset(validity_, 0xff, RoundUp(bytes));
  }
  return validity_;
}

size_t Vector::SizeBytes() const {
  size_t bytes = ValueWidth(physical_) * capacity_;
  if (validity_ != nullptr) bytes += ValidityWords(capacity_) * 8;
  for (const VectorRef& child : children_) {
    if (child != nullptr) bytes += child->SizeBytes();
  }
  return bytes;
}

std::shared_ptr<Vector> Vector::Constant(const LogicalType& type,
                                         const Value& value) {
  // Made by VectorOf as a vector that may still be written.
  auto vector =
      std::const_pointer_cast<Vector>(VectorOf(type, {&value, 1}));
  vector->set_constant();
  if (vector->physical() == PhysicalType::kRow) {
    // A row's fields lie at the row's own number, so they are constant too.
    for (size_t i = 0; i < type.fields().size(); ++i) {
      vector->children_[i] = Constant(
          type.fields()[i].type,
          value.is_null() ? Value::Null()
                          : std::get<Value::Children>(value.data)[i]);
    }
  }
  return vector;
}

void Vector::Recycle() {
  std::free(validity_);
  validity_ = nullptr;
  constant_ = false;
  chunks_.clear();
}

}  // namespace millrace
