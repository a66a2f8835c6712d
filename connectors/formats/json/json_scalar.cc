#include "connectors/formats/json/json_scalar.h"

#include "runtime/types/numeric_text.h"

namespace millrace {
namespace {

// INT and BIGINT take 42.9 and 1e3 through a double, as Flink's parser does;
// TINYINT and SMALLINT do not.
bool SetWholeFromNumber(absl::string_view text, ColumnBuilder& column,
                        uint32_t row) {
  int64_t whole = 0;
  if (ParseWhole(text, &whole)) return SetWhole(whole, column, row);
  double value = 0;
  if (!column.type().Is(TypeRoot::kInteger) &&
      !column.type().Is(TypeRoot::kBigInt)) {
    return false;
  }
  if (text.find_first_of(".eE") == absl::string_view::npos ||
      !ParseDouble(text, &value) || !(value >= -0x1p63 && value < 0x1p63)) {
    return false;
  }
  return SetWhole(static_cast<int64_t>(value), column, row);
}

}  // namespace

bool SetFromJsonString(FieldText text, TimestampStandard standard,
                       ColumnBuilder& column, uint32_t row) {
  const LogicalType& type = column.type();
  if (text.text.empty() && (type.IsNumeric() || type.IsInterval())) {
    column.SetNull(row);
    return true;
  }
  return SetFromText(text, standard, column, row);
}

bool SetFromJsonNumber(FieldText text, ColumnBuilder& column, uint32_t row) {
  switch (column.type().root()) {
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
      return SetFromText(text, TimestampStandard::kSql, column, row);
    // Boolean.parseBoolean of anything but "true".
    case TypeRoot::kBoolean: column.Set<uint8_t>(row, 0); return true;
    case TypeRoot::kTinyInt:
    case TypeRoot::kSmallInt:
    case TypeRoot::kInteger:
    case TypeRoot::kBigInt:
    case TypeRoot::kIntervalYearMonth:
    case TypeRoot::kIntervalDayTime:
      return SetWholeFromNumber(text.text, column, row);
    case TypeRoot::kFloat:
    case TypeRoot::kDouble: return SetApproximate(text.text, column, row);
    case TypeRoot::kDecimal: return SetDecimal(text.text, column, row);
    default: return false;
  }
}

bool SetFromJsonBool(bool value, ColumnBuilder& column, uint32_t row) {
  if (column.type().Is(TypeRoot::kBoolean)) {
    column.Set<uint8_t>(row, value);
    return true;
  }
  if (!column.type().IsCharacter()) return false;
  column.SetCopy(row, value ? "true" : "false");
  return true;
}

}  // namespace millrace
