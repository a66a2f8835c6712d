#include "connectors/formats/json/json_encoder.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "connectors/formats/json/json_text.h"
#include "connectors/formats/record_text.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/types/datetime_text.h"
#include "runtime/types/java_number_text.h"

namespace millrace {
namespace {

void AppendWhole(int64_t value, std::string& out) {
  char text[kMaxJavaNumberLength];
  out.append(text, WriteInteger(value, text));
}

TimeNanos TimestampAt(const Vector& column, uint32_t row, int precision) {
  if (precision > 6) return column.data<TimeNanos>()[row];
  const int64_t value = column.data<int64_t>()[row];
  return precision > 3 ? NanosFromMicros(value) : NanosFromMillis(value);
}

}  // namespace

absl::Status JsonValueWriter::Append(const Vector& column, uint32_t row,
                                     const LogicalType& type,
                                     std::string& out) {
  row &= column.index_mask();
  if (column.IsNull(row)) {
    out.append("null");
    return absl::OkStatus();
  }
  switch (type.root()) {
    case TypeRoot::kBoolean:
      out.append(column.data<uint8_t>()[row] ? "true" : "false");
      break;
    case TypeRoot::kTinyInt:
      AppendWhole(column.data<int8_t>()[row], out);
      break;
    case TypeRoot::kSmallInt:
      AppendWhole(column.data<int16_t>()[row], out);
      break;
    case TypeRoot::kInteger:
    case TypeRoot::kIntervalYearMonth:
      AppendWhole(column.data<int32_t>()[row], out);
      break;
    case TypeRoot::kBigInt:
    case TypeRoot::kIntervalDayTime:
      AppendWhole(column.data<int64_t>()[row], out);
      break;
    case TypeRoot::kFloat:
      AppendJsonFloat(column.data<float>()[row], out);
      break;
    case TypeRoot::kDouble:
      AppendJsonDouble(column.data<double>()[row], out);
      break;
    case TypeRoot::kDecimal: AppendDecimal(column, row, type, out); break;
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
      AppendJsonString(column.data<StringView>()[row].view(), out);
      break;
    case TypeRoot::kBinary:
    case TypeRoot::kVarBinary:
      absl::StrAppend(
          &out, "\"",
          absl::Base64Escape(column.data<StringView>()[row].view()), "\"");
      break;
    case TypeRoot::kDate:
    case TypeRoot::kTime:
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz: AppendTime(column, row, type, out); break;
    case TypeRoot::kArray: return AppendArray(column, row, type, out);
    case TypeRoot::kMap:
    case TypeRoot::kMultiset: return AppendMap(column, row, type, out);
    case TypeRoot::kRow: {
      std::vector<VectorRef> fields;
      for (int i = 0; i < column.child_count(); ++i) {
        fields.push_back(column.child(i));
      }
      return AppendObject(fields, row, type.fields(), out);
    }
    case TypeRoot::kNull: out.append("null"); break;
  }
  return absl::OkStatus();
}

void JsonValueWriter::AppendDecimal(const Vector& column, uint32_t row,
                                    const LogicalType& type,
                                    std::string& out) const {
  const Int128 unscaled = type.physical() == PhysicalType::kInt64
                              ? column.data<int64_t>()[row]
                              : column.data<Int128>()[row];
  AppendDecimalText({unscaled, type.scale()},
                    !options_.decimal_as_plain_number, out);
}

void JsonValueWriter::AppendTime(const Vector& column, uint32_t row,
                                 const LogicalType& type,
                                 std::string& out) const {
  char text[kMaxDateTimeTextLength];
  char* end = text;
  if (type.Is(TypeRoot::kDate)) {
    end = WriteDate(column.data<int32_t>()[row], text);
  } else if (type.Is(TypeRoot::kTime)) {
    end = WriteStandardTime(column.data<int32_t>()[row], text);
  } else {
    end = WriteStandardTimestamp(
        TimestampAt(column, row, type.precision()),
        {.standard = options_.timestamp_standard,
         .utc_suffix = type.Is(TypeRoot::kTimestampLtz)},
        text);
  }
  out.push_back('"');
  out.append(text, end);
  out.push_back('"');
}

absl::Status JsonValueWriter::AppendObject(
    const std::vector<VectorRef>& columns, uint32_t row,
    const std::vector<RowField>& fields, std::string& out) {
  out.push_back('{');
  bool first = true;
  for (size_t i = 0; i < fields.size(); ++i) {
    const Vector& column = *columns[i];
    if (options_.ignore_null_fields &&
        column.IsNull(row & column.index_mask())) {
      continue;
    }
    if (!first) out.push_back(',');
    first = false;
    AppendJsonString(fields[i].name, out);
    out.push_back(':');
    RETURN_IF_ERROR(Append(column, row, fields[i].type, out));
  }
  out.push_back('}');
  return absl::OkStatus();
}

absl::Status JsonValueWriter::AppendArray(const Vector& column, uint32_t row,
                                          const LogicalType& type,
                                          std::string& out) {
  const ListEntry entry = column.data<ListEntry>()[row];
  out.push_back('[');
  for (uint32_t i = 0; i < entry.length; ++i) {
    if (i > 0) out.push_back(',');
    RETURN_IF_ERROR(
        Append(*column.child(0), entry.offset + i, type.element(), out));
  }
  out.push_back(']');
  return absl::OkStatus();
}

absl::Status JsonValueWriter::AppendMap(const Vector& column, uint32_t row,
                                        const LogicalType& type,
                                        std::string& out) {
  const ListEntry entry = column.data<ListEntry>()[row];
  const LogicalType value_type =
      type.Is(TypeRoot::kMap) ? type.value() : LogicalType::Integer();
  const Vector& keys = *column.child(0);
  out.push_back('{');
  bool first = true;
  for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    absl::string_view key = options_.null_key_literal;
    if (!keys.IsNull(i)) {
      key = keys.data<StringView>()[i & keys.index_mask()].view();
    } else if (options_.null_key == JsonOptions::NullKey::kFail) {
      return UserError({.code = "SNK-0103",
                        .what = "a MAP with a NULL key cannot be JSON",
                        .fix = "Set 'json.map-null-key.mode' to DROP or "
                               "LITERAL"});
    } else if (options_.null_key == JsonOptions::NullKey::kDrop) {
      continue;
    }
    if (!first) out.push_back(',');
    first = false;
    AppendJsonString(key, out);
    out.push_back(':');
    RETURN_IF_ERROR(Append(*column.child(1), i, value_type, out));
  }
  out.push_back('}');
  return absl::OkStatus();
}

JsonEncoder::JsonEncoder(const JsonOptions& options,
                         const FormatRequest& request)
    : writer_(options), ignore_null_fields_(options.ignore_null_fields) {
  for (const TableColumn& column : request.columns) {
    types_.push_back(column.type);
    std::string& name = names_.emplace_back(",");
    AppendJsonString(column.name, name);
    name.push_back(':');
  }
}

absl::Status JsonEncoder::Encode(const Batch& batch, std::string& out,
                                 std::vector<uint32_t>& ends) {
  const Selection rows = batch.selection();
  for (uint32_t i = 0; i < rows.size(); ++i) {
    RETURN_IF_ERROR(AppendRow(batch, rows[i], out));
    ends.push_back(static_cast<uint32_t>(out.size()));
  }
  return absl::OkStatus();
}

absl::Status JsonEncoder::AppendRow(const Batch& batch, uint32_t row,
                                    std::string& out) {
  out.push_back('{');
  size_t skipped = 1;  // The comma, before the first.
  for (size_t i = 0; i < types_.size(); ++i) {
    const Vector& column = *batch.columns[i];
    if (ignore_null_fields_ && column.IsNull(row & column.index_mask())) {
      continue;
    }
    out.append(names_[i], skipped);
    skipped = 0;
    RETURN_IF_ERROR(writer_.Append(column, row, types_[i], out));
  }
  out.push_back('}');
  return absl::OkStatus();
}

}  // namespace millrace
