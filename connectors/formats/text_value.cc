#include "connectors/formats/text_value.h"

#include <limits>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/numeric_text.h"

namespace millrace {
namespace {

// Java's String.trim.
absl::string_view Trim(absl::string_view text) {
  const auto blank = [](char c) { return static_cast<uint8_t>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

template <typename T>
bool SetInteger(int64_t value, ColumnBuilder& column, uint32_t row) {
  if (value < std::numeric_limits<T>::min() ||
      value > std::numeric_limits<T>::max()) {
    return false;
  }
  column.Set(row, static_cast<T>(value));
  return true;
}

bool SetTimestamp(absl::string_view text, TimestampStandard standard,
                  ColumnBuilder& column, uint32_t row) {
  TimeNanos value;
  const StandardTextOptions options = {
      .standard = standard,
      .utc_suffix = column.type().Is(TypeRoot::kTimestampLtz)};
  if (!ParseStandardTimestamp(text, options, &value)) return false;
  value = TruncateNanos(value, column.type().precision());
  if (column.type().precision() <= 3) {
    column.Set(row, value.millis);
  } else if (column.type().precision() <= 6) {
    column.Set(row, MicrosFromNanos(value));
  } else {
    column.Set(row, value);
  }
  return true;
}

void SetString(FieldText text, ColumnBuilder& column, uint32_t row) {
  if (text.in_chunk) {
    column.SetView(row, text.text);
  } else {
    column.SetCopy(row, text.text);
  }
}

bool SetBase64(absl::string_view text, ColumnBuilder& column, uint32_t row) {
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes)) return false;
  column.SetCopy(row, bytes);
  return true;
}

bool SetDateOrTime(absl::string_view text, ColumnBuilder& column,
                   uint32_t row) {
  int32_t value = 0;
  const bool read = column.type().Is(TypeRoot::kDate)
                        ? ParseStandardDate(text, &value)
                        : ParseStandardTime(text, &value);
  if (read) column.Set(row, value);
  return read;
}

// What Java's BigDecimal reads: a JSON number, but a plus, leading zeros, and
// a dot at either end are taken too.
bool IsDecimalText(absl::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    text.remove_prefix(1);
  }
  size_t mantissa = 0;
  size_t at = 0;
  bool dot = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !dot) {
      dot = true;
    } else if (static_cast<uint8_t>(text[at] - '0') < 10) {
      ++mantissa;
    } else {
      break;
    }
  }
  if (mantissa == 0) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  int64_t exponent = 0;
  return ParseWhole(text.substr(at + 1), &exponent);
}

}  // namespace

bool ParseWhole(absl::string_view text, int64_t* value) {
  const absl::string_view digits =
      text.substr(!text.empty() && (text[0] == '-' || text[0] == '+'));
  if (digits.empty() ||
      digits.find_first_not_of("0123456789") != absl::string_view::npos) {
    return false;
  }
  return absl::SimpleAtoi(text, value);
}

bool SetWhole(int64_t value, ColumnBuilder& column, uint32_t row) {
  switch (column.type().root()) {
    case TypeRoot::kTinyInt: return SetInteger<int8_t>(value, column, row);
    case TypeRoot::kSmallInt: return SetInteger<int16_t>(value, column, row);
    case TypeRoot::kInteger:
    case TypeRoot::kIntervalYearMonth:
      return SetInteger<int32_t>(value, column, row);
    default: return SetInteger<int64_t>(value, column, row);
  }
}

bool SetApproximate(absl::string_view text, ColumnBuilder& column,
                    uint32_t row) {
  if (column.type().Is(TypeRoot::kFloat)) {
    float value = 0;
    if (!ParseFloat(text, &value)) return false;
    column.Set(row, value);
  } else {
    double value = 0;
    if (!ParseDouble(text, &value)) return false;
    column.Set(row, value);
  }
  return true;
}

bool SetDecimal(absl::string_view text, ColumnBuilder& column, uint32_t row) {
  if (!IsDecimalText(text)) return false;
  const DecimalForm form = {column.type().precision(), column.type().scale()};
  Int128 value = 0;
  if (!ParseDecimal(text, form, &value)) {
    column.SetNull(row);
  } else if (column.type().physical() == PhysicalType::kInt64) {
    column.Set(row, static_cast<int64_t>(value));
  } else {
    column.Set(row, value);
  }
  return true;
}

bool SetFromText(FieldText text, TimestampStandard standard,
                 ColumnBuilder& column, uint32_t row) {
  const absl::string_view trimmed = Trim(text.text);
  switch (column.type().root()) {
    case TypeRoot::kChar:
    case TypeRoot::kVarChar: SetString(text, column, row); return true;
    case TypeRoot::kBoolean:
      column.Set<uint8_t>(row, absl::EqualsIgnoreCase(trimmed, "true"));
      return true;
    case TypeRoot::kTinyInt:
    case TypeRoot::kSmallInt:
    case TypeRoot::kInteger:
    case TypeRoot::kBigInt:
    case TypeRoot::kIntervalYearMonth:
    case TypeRoot::kIntervalDayTime: {
      int64_t value = 0;
      return ParseWhole(trimmed, &value) && SetWhole(value, column, row);
    }
    case TypeRoot::kFloat:
    case TypeRoot::kDouble: return SetApproximate(trimmed, column, row);
    case TypeRoot::kDecimal: return SetDecimal(trimmed, column, row);
    case TypeRoot::kDate:
    case TypeRoot::kTime: return SetDateOrTime(text.text, column, row);
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz:
      return SetTimestamp(text.text, standard, column, row);
    case TypeRoot::kBinary:
    case TypeRoot::kVarBinary: return SetBase64(text.text, column, row);
    default: return false;
  }
}

absl::string_view ExpectedText(const LogicalType& type) {
  switch (type.root()) {
    case TypeRoot::kTinyInt:
    case TypeRoot::kSmallInt:
    case TypeRoot::kInteger:
    case TypeRoot::kBigInt: return "a whole number such as 42";
    case TypeRoot::kFloat:
    case TypeRoot::kDouble:
    case TypeRoot::kDecimal: return "a number such as 4.2";
    case TypeRoot::kBoolean: return "true or false";
    case TypeRoot::kDate: return "a date such as \"2024-01-31\"";
    case TypeRoot::kTime: return "a time such as \"12:00:00\"";
    case TypeRoot::kTimestamp:
      return "a timestamp such as \"2024-01-31 12:00:00.000\"";
    case TypeRoot::kTimestampLtz:
      return "a timestamp such as \"2024-01-31 12:00:00.000Z\"";
    case TypeRoot::kBinary:
    case TypeRoot::kVarBinary: return "base64 text";
    case TypeRoot::kArray: return "an array";
    case TypeRoot::kMap:
    case TypeRoot::kMultiset:
    case TypeRoot::kRow: return "an object";
    default: return "a string";
  }
}

}  // namespace millrace
