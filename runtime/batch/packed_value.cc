#include "runtime/batch/packed_value.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

// Nested values go one at a time through a string; nobody groups by them in
// a hurry.
void AppendNested(const Vector& vector, uint32_t row, std::string& out);

void AppendScalar(const Vector& vector, uint32_t row, std::string& out) {
  const uint32_t at = row & vector.index_mask();
  if (vector.physical() == PhysicalType::kString) {
    const absl::string_view text = vector.data<StringView>()[at].view();
    char length[5];
    const char* end = WriteVarint(static_cast<uint32_t>(text.size()), length);
    out.append(length, end - length);
    out.append(text.data(), text.size());
    return;
  }
  const size_t width = ValueWidth(vector.physical());
  out.append(vector.data<char>() + at * width, width);
}

void AppendRow(const Vector& vector, uint32_t row, std::string& out) {
  const size_t nulls_at = out.size();
  out.append((vector.child_count() + 7) / 8, '\0');
  for (int i = 0; i < vector.child_count(); ++i) {
    if (vector.child(i)->IsNull(row)) {
      out[nulls_at + i / 8] |= static_cast<char>(1 << (i % 8));
    } else {
      AppendNested(*vector.child(i), row, out);
    }
  }
}

void AppendList(const Vector& vector, uint32_t row, std::string& out) {
  const ListEntry entry = vector.data<ListEntry>()[row & vector.index_mask()];
  char length[5];
  const char* end = WriteVarint(entry.length, length);
  out.append(length, end - length);
  for (uint32_t i = 0; i < entry.length; ++i) {
    for (int child = 0; child < vector.child_count(); ++child) {
      const Vector& elements = *vector.child(child);
      const bool null = elements.IsNull(entry.offset + i);
      out.push_back(null ? 1 : 0);
      if (!null) AppendNested(elements, entry.offset + i, out);
    }
  }
}

void AppendNested(const Vector& vector, uint32_t row, std::string& out) {
  switch (vector.physical()) {
    case PhysicalType::kRow: return AppendRow(vector, row, out);
    case PhysicalType::kList:
    case PhysicalType::kMap: return AppendList(vector, row, out);
    default: return AppendScalar(vector, row, out);
  }
}

template <typename T>
Value Take(const char*& in, Value (*make)(T)) {
  T value;
  std::memcpy(&value, in, sizeof value);
  in += sizeof value;
  return make(value);
}

Value ReadNested(const LogicalType& type, const char*& in);

Value ReadRow(const LogicalType& type, const char*& in) {
  const char* nulls = in;
  in += (type.fields().size() + 7) / 8;
  Value::Children fields;
  for (size_t i = 0; i < type.fields().size(); ++i) {
    const bool null = (nulls[i / 8] >> (i % 8)) & 1;
    fields.push_back(null ? Value::Null()
                          : ReadNested(type.fields()[i].type, in));
  }
  return Value::List(std::move(fields));
}

Value ReadList(const LogicalType& type, const char*& in) {
  const size_t width = type.physical() == PhysicalType::kMap ? 2 : 1;
  const uint32_t count = ReadVarint(in);
  Value::Children items;
  for (size_t i = 0; i < count * width; ++i) {
    const size_t field = i % width;
    const LogicalType element = field < type.fields().size()
                                    ? type.fields()[field].type
                                    : LogicalType::Integer();
    items.push_back(*in++ != 0 ? Value::Null() : ReadNested(element, in));
  }
  return Value::List(std::move(items));
}

Value ReadNested(const LogicalType& type, const char*& in) {
  switch (type.physical()) {
    case PhysicalType::kBool:
      return Take<uint8_t>(in, [](uint8_t v) { return Value::Bool(v != 0); });
    case PhysicalType::kInt8:
      return Take<int8_t>(in, [](int8_t v) { return Value::Int(v); });
    case PhysicalType::kInt16:
      return Take<int16_t>(in, [](int16_t v) { return Value::Int(v); });
    case PhysicalType::kInt32:
      return Take<int32_t>(in, [](int32_t v) { return Value::Int(v); });
    case PhysicalType::kInt64:
      return Take<int64_t>(in, [](int64_t v) { return Value::Int(v); });
    case PhysicalType::kFloat:
      return Take<float>(in, [](float v) { return Value::Double(v); });
    case PhysicalType::kDouble:
      return Take<double>(in, [](double v) { return Value::Double(v); });
    case PhysicalType::kInt128:
      return Take<__int128>(in, [](__int128 v) { return Value::Int128(v); });
    case PhysicalType::kTimeNanos:
      return Take<TimeNanos>(in, [](TimeNanos v) { return Value::Nanos(v); });
    case PhysicalType::kString: {
      const uint32_t length = ReadVarint(in);
      in += length;
      return Value::Text(std::string(in - length, length));
    }
    case PhysicalType::kRow: return ReadRow(type, in);
    case PhysicalType::kList:
    case PhysicalType::kMap: return ReadList(type, in);
    case PhysicalType::kNull: return Value::Null();
  }
  return Value::Null();
}

bool IsNullBit(const uint8_t* nulls, uint32_t row) {
  return nulls != nullptr && nulls[row] != 0;
}

template <size_t kWidth>
void WriteFixed(const Vector& column, Selection rows, char** ends) {
  const char* data = column.data<char>();
  const uint32_t mask = column.index_mask();
  const bool nullable = column.may_have_nulls();
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const uint32_t row = rows[i];
    if (nullable && column.IsNull(row)) continue;
    std::memcpy(ends[i], data + size_t{row & mask} * kWidth, kWidth);
    ends[i] += kWidth;
  }
}

void WriteStrings(const Vector& column, Selection rows, char** ends) {
  const StringView* views = column.data<StringView>();
  const uint32_t mask = column.index_mask();
  const bool nullable = column.may_have_nulls();
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const uint32_t row = rows[i];
    if (nullable && column.IsNull(row)) continue;
    const StringView& view = views[row & mask];
    char* out = WriteVarint(view.size(), ends[i]);
    std::memcpy(out, view.data(), view.size());
    ends[i] = out + view.size();
  }
}

template <size_t kWidth>
void ReadFixed(const uint8_t* nulls, uint32_t count, const char** ins,
               Vector& out) {
  char* data = out.data<char>();
  for (uint32_t i = 0; i < count; ++i) {
    if (IsNullBit(nulls, i)) {
      std::memset(data + size_t{i} * kWidth, 0, kWidth);
      out.SetNull(i);
      continue;
    }
    std::memcpy(data + size_t{i} * kWidth, ins[i], kWidth);
    ins[i] += kWidth;
  }
}

void ReadStrings(const uint8_t* nulls, uint32_t count, const char** ins,
                 Vector& out) {
  StringView* views = out.data<StringView>();
  StringWriter writer;
  for (uint32_t i = 0; i < count; ++i) {
    if (IsNullBit(nulls, i)) {
      views[i] = StringView();
      out.SetNull(i);
      continue;
    }
    const uint32_t length = ReadVarint(ins[i]);
    views[i] = writer.Copy({ins[i], length});
    ins[i] += length;
  }
  out.AddChunks(writer.TakeChunks());
}

bool IsNestedForm(PhysicalType physical) {
  return physical == PhysicalType::kRow || physical == PhysicalType::kList ||
         physical == PhysicalType::kMap;
}

}  // namespace

void AddPackedLengths(const Vector& column, Selection rows,
                      uint32_t* lengths) {
  const bool nullable = column.may_have_nulls();
  const auto width = static_cast<uint32_t>(ValueWidth(column.physical()));
  const bool nested = IsNestedForm(column.physical());
  const bool string = column.physical() == PhysicalType::kString;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const uint32_t row = rows[i];
    if (nullable && column.IsNull(row)) continue;
    if (string) {
      const uint32_t size =
          column.data<StringView>()[row & column.index_mask()].size();
      lengths[i] += VarintBytes(size) + size;
    } else if (nested) {
      std::string bytes;
      AppendNested(column, row, bytes);
      lengths[i] += static_cast<uint32_t>(bytes.size());
    } else {
      lengths[i] += width;
    }
  }
}

void WritePacked(const Vector& column, Selection rows, char** ends) {
  switch (column.physical()) {
    case PhysicalType::kString: return WriteStrings(column, rows, ends);
    case PhysicalType::kNull: return;
    case PhysicalType::kRow:
    case PhysicalType::kList:
    case PhysicalType::kMap:
      for (uint32_t i = 0; i < rows.size(); ++i) {
        if (column.IsNull(rows[i])) continue;
        std::string bytes;
        AppendNested(column, rows[i], bytes);
        std::memcpy(ends[i], bytes.data(), bytes.size());
        ends[i] += bytes.size();
      }
      return;
    default: break;
  }
  switch (ValueWidth(column.physical())) {
    case 1: return WriteFixed<1>(column, rows, ends);
    case 2: return WriteFixed<2>(column, rows, ends);
    case 4: return WriteFixed<4>(column, rows, ends);
    case 8: return WriteFixed<8>(column, rows, ends);
    default: return WriteFixed<16>(column, rows, ends);
  }
}

VectorRef ReadPacked(const LogicalType& type, const uint8_t* nulls,
                     uint32_t count, const char** ins) {
  if (IsNestedForm(type.physical())) {
    std::vector<Value> values(count);
    for (uint32_t i = 0; i < count; ++i) {
      if (!IsNullBit(nulls, i)) values[i] = ReadNested(type, ins[i]);
    }
    return VectorOf(type, values);
  }
  auto out =
      std::make_shared<Vector>(type.physical(), std::max<uint32_t>(count, 1));
  if (type.physical() == PhysicalType::kString) {
    ReadStrings(nulls, count, ins, *out);
    return out;
  }
  switch (ValueWidth(type.physical())) {
    case 1: ReadFixed<1>(nulls, count, ins, *out); break;
    case 2: ReadFixed<2>(nulls, count, ins, *out); break;
    case 4: ReadFixed<4>(nulls, count, ins, *out); break;
    case 8: ReadFixed<8>(nulls, count, ins, *out); break;
    case 16: ReadFixed<16>(nulls, count, ins, *out); break;
    default: break;
  }
  return out;
}

}  // namespace millrace
