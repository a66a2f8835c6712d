#include "runtime/types/logical_type.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "runtime/base/check.h"

namespace millrace {
namespace {

std::shared_ptr<const std::vector<RowField>> Share(
    std::vector<RowField> fields) {
  return std::make_shared<const std::vector<RowField>>(std::move(fields));
}

std::string Quoted(absl::string_view name) {
  return absl::StrCat("`", absl::StrReplaceAll(name, {{"`", "``"}}), "`");
}

absl::string_view FixedName(TypeRoot root) {
  switch (root) {
    case TypeRoot::kNull: return "NULL";
    case TypeRoot::kBoolean: return "BOOLEAN";
    case TypeRoot::kTinyInt: return "TINYINT";
    case TypeRoot::kSmallInt: return "SMALLINT";
    case TypeRoot::kInteger: return "INT";
    case TypeRoot::kBigInt: return "BIGINT";
    case TypeRoot::kFloat: return "FLOAT";
    case TypeRoot::kDouble: return "DOUBLE";
    case TypeRoot::kDecimal: return "DECIMAL";
    case TypeRoot::kChar: return "CHAR";
    case TypeRoot::kVarChar: return "VARCHAR";
    case TypeRoot::kBinary: return "BINARY";
    case TypeRoot::kVarBinary: return "VARBINARY";
    case TypeRoot::kDate: return "DATE";
    case TypeRoot::kTime: return "TIME";
    case TypeRoot::kTimestamp: return "TIMESTAMP";
    case TypeRoot::kTimestampLtz: return "TIMESTAMP_LTZ";
    case TypeRoot::kIntervalYearMonth: return "INTERVAL YEAR TO MONTH";
    case TypeRoot::kIntervalDayTime: return "INTERVAL DAY TO SECOND(3)";
    case TypeRoot::kArray: return "ARRAY";
    case TypeRoot::kMap: return "MAP";
    case TypeRoot::kMultiset: return "MULTISET";
    case TypeRoot::kRow: return "ROW";
  }
  return "?";
}

bool SameFields(const std::vector<RowField>& a, const std::vector<RowField>& b,
                bool ignoring_null) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name) return false;
    if (ignoring_null ? !a[i].type.EqualsIgnoringNull(b[i].type)
                      : !(a[i].type == b[i].type)) {
      return false;
    }
  }
  return true;
}

}  // namespace

LogicalType LogicalType::Of(TypeRoot root, int length, int scale) {
  LogicalType type;
  type.root_ = root;
  type.length_ = length;
  type.scale_ = scale;
  return type;
}

LogicalType LogicalType::Decimal(int precision, int scale) {
  MILLRACE_CHECK(precision >= 1 && precision <= 38);
  MILLRACE_CHECK(scale >= 0 && scale <= precision);
  return Of(TypeRoot::kDecimal, precision, scale);
}

LogicalType LogicalType::Char(int length) {
  return Of(TypeRoot::kChar, length);
}
LogicalType LogicalType::VarChar(int length) {
  return Of(TypeRoot::kVarChar, length);
}
LogicalType LogicalType::Binary(int length) {
  return Of(TypeRoot::kBinary, length);
}
LogicalType LogicalType::VarBinary(int length) {
  return Of(TypeRoot::kVarBinary, length);
}
LogicalType LogicalType::Time(int precision) {
  return Of(TypeRoot::kTime, precision);
}
LogicalType LogicalType::Timestamp(int precision) {
  return Of(TypeRoot::kTimestamp, precision);
}
LogicalType LogicalType::TimestampLtz(int precision) {
  return Of(TypeRoot::kTimestampLtz, precision);
}

LogicalType LogicalType::Array(LogicalType element) {
  LogicalType type = Of(TypeRoot::kArray);
  type.fields_ = Share({{"element", std::move(element)}});
  return type;
}

LogicalType LogicalType::Map(LogicalType key, LogicalType value) {
  LogicalType type = Of(TypeRoot::kMap);
  type.fields_ = Share({{"key", std::move(key)}, {"value", std::move(value)}});
  return type;
}

LogicalType LogicalType::Multiset(LogicalType element) {
  LogicalType type = Of(TypeRoot::kMultiset);
  type.fields_ = Share({{"element", std::move(element)}});
  return type;
}

LogicalType LogicalType::Row(std::vector<RowField> fields) {
  LogicalType type = Of(TypeRoot::kRow);
  type.fields_ = Share(std::move(fields));
  return type;
}

const std::vector<RowField>& LogicalType::fields() const {
  MILLRACE_CHECK(fields_ != nullptr);
  return *fields_;
}

const LogicalType& LogicalType::element() const { return fields()[0].type; }
const LogicalType& LogicalType::key() const { return fields()[0].type; }
const LogicalType& LogicalType::value() const { return fields()[1].type; }

std::optional<int> LogicalType::FieldIndex(absl::string_view name) const {
  const auto& all = fields();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return static_cast<int>(i);
  }
  return std::nullopt;
}

LogicalType LogicalType::WithNullable(bool nullable) const {
  LogicalType type = *this;
  type.nullable_ = nullable;
  return type;
}

PhysicalType LogicalType::physical() const {
  switch (root_) {
    case TypeRoot::kNull: return PhysicalType::kNull;
    case TypeRoot::kBoolean: return PhysicalType::kBool;
    case TypeRoot::kTinyInt: return PhysicalType::kInt8;
    case TypeRoot::kSmallInt: return PhysicalType::kInt16;
    case TypeRoot::kInteger:
    case TypeRoot::kDate:
    case TypeRoot::kTime:
    case TypeRoot::kIntervalYearMonth: return PhysicalType::kInt32;
    case TypeRoot::kBigInt:
    case TypeRoot::kIntervalDayTime: return PhysicalType::kInt64;
    case TypeRoot::kFloat: return PhysicalType::kFloat;
    case TypeRoot::kDouble: return PhysicalType::kDouble;
    case TypeRoot::kDecimal:
      return length_ <= 18 ? PhysicalType::kInt64 : PhysicalType::kInt128;
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz:
      return length_ <= 6 ? PhysicalType::kInt64 : PhysicalType::kTimeNanos;
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
    case TypeRoot::kBinary:
    case TypeRoot::kVarBinary: return PhysicalType::kString;
    case TypeRoot::kArray: return PhysicalType::kList;
    case TypeRoot::kMap:
    case TypeRoot::kMultiset: return PhysicalType::kMap;
    case TypeRoot::kRow: return PhysicalType::kRow;
  }
  return PhysicalType::kNull;
}

bool LogicalType::IsIntegral() const {
  return root_ >= TypeRoot::kTinyInt && root_ <= TypeRoot::kBigInt;
}
bool LogicalType::IsNumeric() const {
  return root_ >= TypeRoot::kTinyInt && root_ <= TypeRoot::kDecimal;
}
bool LogicalType::IsApproximate() const {
  return root_ == TypeRoot::kFloat || root_ == TypeRoot::kDouble;
}
bool LogicalType::IsCharacter() const {
  return root_ == TypeRoot::kChar || root_ == TypeRoot::kVarChar;
}
bool LogicalType::IsBinary() const {
  return root_ == TypeRoot::kBinary || root_ == TypeRoot::kVarBinary;
}
bool LogicalType::IsTemporal() const {
  return root_ >= TypeRoot::kDate && root_ <= TypeRoot::kTimestampLtz;
}
bool LogicalType::IsTimestamp() const {
  return root_ == TypeRoot::kTimestamp || root_ == TypeRoot::kTimestampLtz;
}
bool LogicalType::IsInterval() const {
  return root_ == TypeRoot::kIntervalYearMonth ||
         root_ == TypeRoot::kIntervalDayTime;
}
bool LogicalType::IsNested() const {
  return root_ >= TypeRoot::kArray && root_ <= TypeRoot::kRow;
}

std::string LogicalType::ToString() const {
  std::string text;
  if (IsNested()) {
    text = absl::StrCat(
        FixedName(root_), "<",
        absl::StrJoin(fields(), ", ",
                      [this](std::string* out, const RowField& field) {
                        if (Is(TypeRoot::kRow)) {
                          absl::StrAppend(out, Quoted(field.name), " ");
                        }
                        out->append(field.type.ToString());
                      }),
        ">");
  } else if ((Is(TypeRoot::kVarChar) || Is(TypeRoot::kVarBinary)) &&
             length_ == kMaxLength) {
    text = Is(TypeRoot::kVarChar) ? "STRING" : "BYTES";
  } else if (Is(TypeRoot::kDecimal)) {
    text = absl::StrCat("DECIMAL(", length_, ", ", scale_, ")");
  } else if (IsCharacter() || IsBinary() || IsTimestamp() ||
             Is(TypeRoot::kTime)) {
    text = absl::StrCat(FixedName(root_), "(", length_, ")");
  } else {
    absl::StrAppend(&text, FixedName(root_));
  }
  if (!nullable_) text.append(" NOT NULL");
  return text;
}

bool operator==(const LogicalType& a, const LogicalType& b) {
  return a.nullable_ == b.nullable_ && a.root_ == b.root_ &&
         a.length_ == b.length_ && a.scale_ == b.scale_ &&
         (!a.IsNested() || SameFields(a.fields(), b.fields(), false));
}

bool LogicalType::EqualsIgnoringNull(const LogicalType& other) const {
  return root_ == other.root_ && length_ == other.length_ &&
         scale_ == other.scale_ &&
         (!IsNested() || SameFields(fields(), other.fields(), true));
}

}  // namespace millrace
