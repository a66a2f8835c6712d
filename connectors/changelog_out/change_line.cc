#include "connectors/changelog_out/change_line.h"

#include "absl/strings/str_format.h"
#include "runtime/batch/vector_value.h"
#include "runtime/types/datetime_text.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/java_number_text.h"
#include "runtime/types/value_text.h"

namespace millrace {
namespace {

void AppendQuoted(absl::string_view text, std::string& out) {
  out.push_back('"');
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t c = static_cast<uint8_t>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.data() + plain, i - plain);
    plain = i + 1;
    if (c < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    }
  }
  out.append(text.data() + plain, text.size() - plain);
  out.push_back('"');
}

int64_t WholeNumber(const Vector& column, uint32_t row) {
  switch (column.physical()) {
    case PhysicalType::kInt8: return column.data<int8_t>()[row];
    case PhysicalType::kInt16: return column.data<int16_t>()[row];
    case PhysicalType::kInt32: return column.data<int32_t>()[row];
    default: return column.data<int64_t>()[row];
  }
}

TimeNanos Time(const Vector& column, const LogicalType& type, uint32_t row) {
  if (type.precision() > 6) return column.data<TimeNanos>()[row];
  const int64_t value = column.data<int64_t>()[row];
  return type.precision() > 3 ? NanosFromMicros(value)
                              : NanosFromMillis(value);
}

// The values that are written without a detour over a Value; false: another.
bool AppendSimple(const Vector& column, const LogicalType& type, uint32_t row,
                  std::string& out) {
  char text[64];
  switch (type.root()) {
    case TypeRoot::kBoolean:
      out.append(column.data<uint8_t>()[row] ? "true" : "false");
      return true;
    case TypeRoot::kTinyInt:
    case TypeRoot::kSmallInt:
    case TypeRoot::kInteger:
    case TypeRoot::kBigInt:
      out.append(text, WriteInteger(WholeNumber(column, row), text));
      return true;
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
      AppendQuoted(column.data<StringView>()[row].view(), out);
      return true;
    default: break;
  }
  char* end = text;
  *end++ = '"';
  switch (type.root()) {
    case TypeRoot::kFloat:
      end = WriteJavaFloat(column.data<float>()[row], end);
      break;
    case TypeRoot::kDouble:
      end = WriteJavaDouble(column.data<double>()[row], end);
      break;
    case TypeRoot::kDecimal: {
      const Int128 unscaled = type.precision() > kMaxInt64DecimalDigits
                                  ? column.data<Int128>()[row]
                                  : column.data<int64_t>()[row];
      end = WriteDecimal({unscaled, type.scale()}, end);
      break;
    }
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz:
      end = WriteTimestamp(Time(column, type, row), 3, end);
      break;
    default: return false;
  }
  *end++ = '"';
  out.append(text, end);
  return true;
}

}  // namespace

void AppendChangeLine(const Batch& batch, uint32_t row,
                      const std::vector<LogicalType>& types,
                      std::string& out) {
  const absl::string_view kind = ToString(batch.kind(row));
  out.append(kind.data(), kind.size());
  out.append(" [");
  for (size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out.push_back(',');
    const Vector& column = *batch.columns[i];
    const uint32_t at = row & column.index_mask();
    if (column.IsNull(at)) {
      out.append("null");
    } else if (!AppendSimple(column, types[i], at, out)) {
      AppendQuoted(ValueText(ValueAt(column, at), types[i]), out);
    }
  }
  out.append("]\n");
}

}  // namespace millrace
