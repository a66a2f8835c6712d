#include "runtime/batch/vector.h"

#include <cstdlib>
#include <cstring>

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

template <typename T>
const T& Get(const Value& value) {
  return std::get<T>(value.data);
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
  auto vector = std::make_shared<Vector>(type.physical(), 1);
  vector->set_constant();
  if (value.is_null()) {
    if (const size_t width = ValueWidth(vector->physical_); width > 0) {
      std::memset(vector->data_, 0, width);
    }
    vector->SetNull(0);
    if (type.Is(TypeRoot::kRow)) {
      for (const RowField& field : type.fields()) {
        vector->children_.push_back(Constant(field.type, Value::Null()));
      }
    }
    return vector;
  }
  switch (type.physical()) {
    case PhysicalType::kBool:
      vector->data<uint8_t>()[0] = Get<bool>(value);
      break;
    case PhysicalType::kInt8:
      vector->data<int8_t>()[0] = static_cast<int8_t>(Get<int64_t>(value));
      break;
    case PhysicalType::kInt16:
      vector->data<int16_t>()[0] = static_cast<int16_t>(Get<int64_t>(value));
      break;
    case PhysicalType::kInt32:
      vector->data<int32_t>()[0] = static_cast<int32_t>(Get<int64_t>(value));
      break;
    case PhysicalType::kInt64:
      vector->data<int64_t>()[0] = Get<int64_t>(value);
      break;
    case PhysicalType::kFloat:
      vector->data<float>()[0] = static_cast<float>(Get<double>(value));
      break;
    case PhysicalType::kDouble:
      vector->data<double>()[0] = Get<double>(value);
      break;
    case PhysicalType::kInt128:
      vector->data<__int128>()[0] = Get<__int128>(value);
      break;
    case PhysicalType::kTimeNanos:
      vector->data<TimeNanos>()[0] = Get<TimeNanos>(value);
      break;
    case PhysicalType::kString: {
      StringWriter writer;
      vector->data<StringView>()[0] = writer.Copy(Get<std::string>(value));
      vector->AddChunks(writer.TakeChunks());
      break;
    }
    case PhysicalType::kRow: {
      const auto& fields = Get<Value::Children>(value);
      for (size_t i = 0; i < fields.size(); ++i) {
        vector->children_.push_back(
            Constant(type.fields()[i].type, fields[i]));
      }
      break;
    }
    case PhysicalType::kList:
    case PhysicalType::kMap:
    case PhysicalType::kNull:
      // Made by the ARRAY and MAP constructors' kernels; literals have none.
      MILLRACE_CHECK(false);
  }
  return vector;
}

}  // namespace millrace
