#include "connectors/formats/csv_encoder.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "connectors/formats/record_text.h"
#include "runtime/types/datetime_text.h"
#include "runtime/types/java_number_text.h"

namespace millrace {
namespace {

// Longer texts are quoted without a look at them.
constexpr size_t kLongTextBytes = 24;

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

CsvEncoder::CsvEncoder(const CsvOptions& options, const FormatRequest& request)
    : options_(options) {
  for (const TableColumn& column : request.columns) {
    types_.push_back(column.type);
  }
}

absl::Status CsvEncoder::Encode(const Batch& batch, std::string& out,
                                std::vector<uint32_t>& ends) {
  batch.selection().ForEach([&](uint32_t row) {
    for (size_t i = 0; i < types_.size(); ++i) {
      if (i > 0) out.push_back(options_.delimiter);
      AppendValue(*batch.columns[i], row, types_[i], out);
    }
    ends.push_back(static_cast<uint32_t>(out.size()));
  });
  return absl::OkStatus();
}

void CsvEncoder::AppendValue(const Vector& column, uint32_t row,
                             const LogicalType& type, std::string& out) {
  row &= column.index_mask();
  if (column.IsNull(row)) {
    out.append(options_.null_literal.value_or(""));
    return;
  }
  if (type.IsCharacter()) {
    AppendText(column.data<StringView>()[row].view(), out);
    return;
  }
  text_.clear();
  if (AppendPlain(column, row, type, text_)) {
    AppendText(text_, out);
  } else {
    out.append(text_);
  }
}

void CsvEncoder::AppendText(absl::string_view text, std::string& out) const {
  const char quote = options_.quote;
  // Bytes of multi-byte characters are above every ASCII one.
  const uint8_t safe = std::max<uint8_t>(options_.delimiter, quote) + 1;
  const bool quoted =
      quote != 0 && (text.size() > kLongTextBytes ||
                     std::any_of(text.begin(), text.end(), [&](char c) {
                       return static_cast<uint8_t>(c) < safe ||
                              (options_.escape != 0 && c == options_.escape);
                     }));
  if (!quoted) {
    out.append(text.data(), text.size());
    return;
  }
  out.push_back(quote);
  for (const char c : text) {
    if (c == quote) {
      out.push_back(options_.escape != 0 ? options_.escape : quote);
    } else if (options_.escape != 0 && c == options_.escape) {
      out.push_back(c);
    }
    out.push_back(c);
  }
  out.push_back(quote);
}

bool CsvEncoder::AppendPlain(const Vector& column, uint32_t row,
                             const LogicalType& type, std::string& out) {
  char text[64];
  switch (type.root()) {
    case TypeRoot::kBoolean:
      out.append(column.data<uint8_t>()[row] ? "true" : "false");
      return false;
    case TypeRoot::kTinyInt:
      AppendWhole(column.data<int8_t>()[row], out);
      return false;
    case TypeRoot::kSmallInt:
      AppendWhole(column.data<int16_t>()[row], out);
      return false;
    case TypeRoot::kInteger:
    case TypeRoot::kIntervalYearMonth:
      AppendWhole(column.data<int32_t>()[row], out);
      return false;
    case TypeRoot::kBigInt:
    case TypeRoot::kIntervalDayTime:
      AppendWhole(column.data<int64_t>()[row], out);
      return false;
    case TypeRoot::kFloat:
      out.append(text, WriteJavaFloat(column.data<float>()[row], text));
      return false;
    case TypeRoot::kDouble:
      out.append(text, WriteJavaDouble(column.data<double>()[row], text));
      return false;
    case TypeRoot::kDecimal:
      AppendDecimal(column, row, type, out);
      return false;
    case TypeRoot::kDate:
      out.append(text, WriteDate(column.data<int32_t>()[row], text));
      return true;
    case TypeRoot::kTime:
      out.append(text, WriteStandardTime(column.data<int32_t>()[row], text));
      return true;
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz:
      out.append(text,
                 WriteStandardTimestamp(
                     TimestampAt(column, row, type.precision()),
                     {.utc_suffix = type.Is(TypeRoot::kTimestampLtz)}, text));
      return true;
    case TypeRoot::kBinary:
    case TypeRoot::kVarBinary:
      out.append(absl::Base64Escape(column.data<StringView>()[row].view()));
      return true;
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
      absl::StrAppend(&out, column.data<StringView>()[row].view());
      return true;
    case TypeRoot::kArray: {
      const ListEntry entry = column.data<ListEntry>()[row];
      const Vector& elements = *column.child(0);
      for (uint32_t i = 0; i < entry.length; ++i) {
        if (i > 0) out.append(options_.array_delimiter);
        const uint32_t at = (entry.offset + i) & elements.index_mask();
        if (elements.IsNull(at)) {
          out.append(options_.null_literal.value_or(""));
        } else {
          AppendPlain(elements, at, type.element(), out);
        }
      }
      return true;
    }
    default: return false;
  }
}

void CsvEncoder::AppendDecimal(const Vector& column, uint32_t row,
                               const LogicalType& type,
                               std::string& out) const {
  const Int128 unscaled = type.physical() == PhysicalType::kInt64
                              ? column.data<int64_t>()[row]
                              : column.data<Int128>()[row];
  AppendDecimalText({unscaled, type.scale()}, options_.decimal_with_exponent,
                    out);
}

}  // namespace millrace
