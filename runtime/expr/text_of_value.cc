#include "runtime/expr/text_of_value.h"

#include <cstring>

#include "runtime/expr/child_type.h"
#include "runtime/expr/decimal_column.h"
#include "runtime/expr/temporal_column.h"
#include "runtime/types/datetime_text.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/interval_text.h"
#include "runtime/types/java_number_text.h"

namespace millrace {
namespace {

char* WriteText(absl::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

template <typename T>
T At(const Vector& vector, uint32_t row) {
  return vector.data<T>()[row & vector.index_mask()];
}

}  // namespace

char* TextOfValue::WriteScalar(const LogicalType& type, const Vector& vector,
                               uint32_t row, char* out) {
  switch (type.root()) {
    case TypeRoot::kBoolean:
      return WriteText(At<uint8_t>(vector, row) != 0 ? "TRUE" : "FALSE", out);
    case TypeRoot::kTinyInt: return WriteInteger(At<int8_t>(vector, row), out);
    case TypeRoot::kSmallInt:
      return WriteInteger(At<int16_t>(vector, row), out);
    case TypeRoot::kInteger:
      return WriteInteger(At<int32_t>(vector, row), out);
    case TypeRoot::kBigInt: return WriteInteger(At<int64_t>(vector, row), out);
    case TypeRoot::kFloat: return WriteJavaFloat(At<float>(vector, row), out);
    case TypeRoot::kDouble:
      return WriteJavaDouble(At<double>(vector, row), out);
    case TypeRoot::kDecimal:
      return WriteDecimal({DecimalColumn(vector)[row], type.scale()}, out);
    case TypeRoot::kDate: return WriteDate(At<int32_t>(vector, row), out);
    case TypeRoot::kTime:
      return WriteTime(At<int32_t>(vector, row), type.precision(), out);
    case TypeRoot::kTimestamp:
      return WriteTimestamp(TemporalColumn(vector, type)[row],
                            type.precision(), out);
    case TypeRoot::kTimestampLtz: {
      TimeNanos value = TemporalColumn(vector, type)[row];
      value.millis = clock_.ToLocal(value.millis);
      return WriteTimestamp(value, type.precision(), out);
    }
    case TypeRoot::kIntervalYearMonth:
      return WriteIntervalYearMonth(At<int32_t>(vector, row), out);
    case TypeRoot::kIntervalDayTime:
      return WriteIntervalDayTime(At<int64_t>(vector, row), out);
    default: return out;
  }
}

void TextOfValue::Append(const LogicalType& type, const Vector& vector,
                         uint32_t row, std::string& out) {
  if (vector.IsNull(row)) {
    out.append("NULL");
  } else if (type.IsNested()) {
    AppendList(type, vector, row, out);
  } else if (type.IsCharacter() || type.IsBinary()) {
    const StringView text = At<StringView>(vector, row);
    out.append(text.data(), text.size());
  } else {
    char buffer[kMaxScalarLength];
    out.append(buffer, WriteScalar(type, vector, row, buffer) - buffer);
  }
}

void TextOfValue::AppendList(const LogicalType& type, const Vector& vector,
                             uint32_t row, std::string& out) {
  if (type.Is(TypeRoot::kRow)) {
    out.push_back('(');
    for (int i = 0; i < vector.child_count(); ++i) {
      if (i > 0) out.append(", ");
      Append(type.fields()[i].type, *vector.child(i), row, out);
    }
    out.push_back(')');
    return;
  }
  const auto entry = At<ListEntry>(vector, row);
  const bool array = type.Is(TypeRoot::kArray);
  out.push_back(array ? '[' : '{');
  for (uint32_t i = 0; i < entry.length; ++i) {
    if (i > 0) out.append(", ");
    Append(type.fields()[0].type, *vector.child(0), entry.offset + i, out);
    if (array) continue;
    out.push_back('=');
    Append(ChildType(type, 1), *vector.child(1), entry.offset + i, out);
  }
  out.push_back(array ? ']' : '}');
}

}  // namespace millrace
