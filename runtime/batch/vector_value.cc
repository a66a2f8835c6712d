#include "runtime/batch/vector_value.h"

#include <algorithm>
#include <string>
#include <utility>

namespace millrace {
namespace {

Value RowAt(const Vector& vector, uint32_t row) {
  Value::Children fields;
  for (int i = 0; i < vector.child_count(); ++i) {
    fields.push_back(ValueAt(*vector.child(i), row));
  }
  return Value::List(std::move(fields));
}

Value ListAt(const Vector& vector, uint32_t row) {
  const ListEntry entry = vector.data<ListEntry>()[row & vector.index_mask()];
  Value::Children elements;
  for (uint32_t i = 0; i < entry.length; ++i) {
    for (int child = 0; child < vector.child_count(); ++child) {
      elements.push_back(ValueAt(*vector.child(child), entry.offset + i));
    }
  }
  return Value::List(std::move(elements));
}

template <typename T, typename Held>
void Store(Vector& vector, uint32_t row, const Value& value) {
  vector.data<T>()[row] = static_cast<T>(std::get<Held>(value.data));
}

void StoreScalar(Vector& vector, uint32_t row, const Value& value,
                 StringWriter& writer) {
  switch (vector.physical()) {
    case PhysicalType::kBool: return Store<uint8_t, bool>(vector, row, value);
    case PhysicalType::kInt8: return Store<int8_t, int64_t>(vector, row, value);
    case PhysicalType::kInt16:
      return Store<int16_t, int64_t>(vector, row, value);
    case PhysicalType::kInt32:
      return Store<int32_t, int64_t>(vector, row, value);
    case PhysicalType::kInt64:
      return Store<int64_t, int64_t>(vector, row, value);
    case PhysicalType::kFloat: return Store<float, double>(vector, row, value);
    case PhysicalType::kDouble:
      return Store<double, double>(vector, row, value);
    case PhysicalType::kInt128:
      return Store<__int128, __int128>(vector, row, value);
    case PhysicalType::kTimeNanos:
      return Store<TimeNanos, TimeNanos>(vector, row, value);
    case PhysicalType::kString:
      vector.data<StringView>()[row] =
          writer.Copy(std::get<std::string>(value.data));
      return;
    default: MILLRACE_CHECK(false);
  }
}

// The slot of a null holds a valid value of its type.
void StoreNull(Vector& vector, uint32_t row) {
  vector.SetNull(row);
  const size_t width = ValueWidth(vector.physical());
  std::fill_n(vector.data<char>() + row * width, width, 0);
}

std::shared_ptr<Vector> RowColumn(const LogicalType& type,
                                  std::span<const Value> values) {
  auto vector = std::make_shared<Vector>(
      type, std::max<uint32_t>(static_cast<uint32_t>(values.size()), 1));
  for (size_t field = 0; field < type.fields().size(); ++field) {
    std::vector<Value> column;
    for (const Value& value : values) {
      column.push_back(value.is_null()
                           ? Value::Null()
                           : std::get<Value::Children>(value.data)[field]);
    }
    vector->SetChild(static_cast<int>(field),
                     VectorOf(type.fields()[field].type, column));
  }
  for (uint32_t row = 0; row < values.size(); ++row) {
    if (values[row].is_null()) vector->SetNull(row);
  }
  return vector;
}

std::shared_ptr<Vector> ListColumn(const LogicalType& type,
                                   std::span<const Value> values) {
  auto vector = std::make_shared<Vector>(
      type, std::max<uint32_t>(static_cast<uint32_t>(values.size()), 1));
  const int width = vector->child_count();
  std::vector<std::vector<Value>> elements(width);
  for (uint32_t row = 0; row < values.size(); ++row) {
    if (values[row].is_null()) {
      StoreNull(*vector, row);
      continue;
    }
    const auto& items = std::get<Value::Children>(values[row].data);
    vector->data<ListEntry>()[row] = {
        .offset = static_cast<uint32_t>(elements[0].size()),
        .length = static_cast<uint32_t>(items.size() / width)};
    for (size_t i = 0; i < items.size(); ++i) {
      elements[i % width].push_back(items[i]);
    }
  }
  for (int child = 0; child < width; ++child) {
    // A multiset's counts have no field of their own in its type.
    const LogicalType element =
        child < static_cast<int>(type.fields().size())
            ? type.fields()[child].type
            : LogicalType::Integer();
    vector->SetChild(child, VectorOf(element, elements[child]));
  }
  return vector;
}

}  // namespace

Value ValueAt(const Vector& vector, uint32_t row) {
  if (vector.IsNull(row)) return Value::Null();
  const uint32_t at = row & vector.index_mask();
  switch (vector.physical()) {
    case PhysicalType::kBool:
      return Value::Bool(vector.data<uint8_t>()[at] != 0);
    case PhysicalType::kInt8: return Value::Int(vector.data<int8_t>()[at]);
    case PhysicalType::kInt16: return Value::Int(vector.data<int16_t>()[at]);
    case PhysicalType::kInt32: return Value::Int(vector.data<int32_t>()[at]);
    case PhysicalType::kInt64: return Value::Int(vector.data<int64_t>()[at]);
    case PhysicalType::kFloat: return Value::Double(vector.data<float>()[at]);
    case PhysicalType::kDouble: return Value::Double(vector.data<double>()[at]);
    case PhysicalType::kInt128:
      return Value::Int128(vector.data<__int128>()[at]);
    case PhysicalType::kTimeNanos:
      return Value::Nanos(vector.data<TimeNanos>()[at]);
    case PhysicalType::kString:
      return Value::Text(std::string(vector.data<StringView>()[at].view()));
    case PhysicalType::kRow: return RowAt(vector, row);
    case PhysicalType::kList:
    case PhysicalType::kMap: return ListAt(vector, row);
    case PhysicalType::kNull: return Value::Null();
  }
  return Value::Null();
}

VectorRef VectorOf(const LogicalType& type, std::span<const Value> values) {
  const auto count = static_cast<uint32_t>(values.size());
  switch (type.physical()) {
    case PhysicalType::kRow: return RowColumn(type, values);
    case PhysicalType::kList:
    case PhysicalType::kMap: return ListColumn(type, values);
    case PhysicalType::kNull:
      return std::make_shared<Vector>(PhysicalType::kNull, count);
    default: break;
  }
  auto vector =
      std::make_shared<Vector>(type.physical(), std::max<uint32_t>(count, 1));
  StringWriter writer;
  for (uint32_t row = 0; row < count; ++row) {
    if (values[row].is_null()) {
      StoreNull(*vector, row);
    } else {
      StoreScalar(*vector, row, values[row], writer);
    }
  }
  vector->AddChunks(writer.TakeChunks());
  return vector;
}

Batch BatchOf(std::span<const LogicalType> types,
              std::span<const std::vector<Value>> rows,
              std::span<const RowKind> kinds) {
  MILLRACE_CHECK(rows.size() <= kMaxBatchRows);
  Batch batch;
  batch.row_count = static_cast<uint32_t>(rows.size());
  for (size_t column = 0; column < types.size(); ++column) {
    std::vector<Value> values;
    for (const auto& row : rows) values.push_back(row[column]);
    batch.columns.push_back(VectorOf(types[column], values));
  }
  if (!kinds.empty()) {
    auto column = std::make_shared<Vector>(PhysicalType::kInt8,
                                           std::max<uint32_t>(1, rows.size()));
    for (size_t row = 0; row < kinds.size(); ++row) {
      column->data<int8_t>()[row] = static_cast<int8_t>(kinds[row]);
    }
    batch.kinds = column;
  }
  return batch;
}

}  // namespace millrace
