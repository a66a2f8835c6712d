#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// The kinds of Flink SQL types. The numbers are a persisted format.
enum class TypeRoot : uint8_t {
  kNull = 0,
  kBoolean = 1,
  kTinyInt = 2,
  kSmallInt = 3,
  kInteger = 4,
  kBigInt = 5,
  kFloat = 6,
  kDouble = 7,
  kDecimal = 8,
  kChar = 9,
  kVarChar = 10,
  kBinary = 11,
  kVarBinary = 12,
  kDate = 13,
  kTime = 14,
  kTimestamp = 15,
  kTimestampLtz = 16,
  kIntervalYearMonth = 17,
  kIntervalDayTime = 18,
  kArray = 19,
  kMap = 20,
  kMultiset = 21,
  kRow = 22,
};

// How values of a type lie in a Vector (runtime/batch/vector.h draws them).
enum class PhysicalType : uint8_t {
  kBool = 0,       // uint8_t, 0 or 1
  kInt8 = 1,       // TINYINT
  kInt16 = 2,      // SMALLINT
  kInt32 = 3,      // INT; DATE: days since 1970-01-01; TIME: ms of the day;
                   // INTERVAL YEAR TO MONTH: months
  kInt64 = 4,      // BIGINT; DECIMAL up to 18 digits: unscaled; TIMESTAMP and
                   // TIMESTAMP_LTZ: ms (p <= 3) or us (p <= 6) since the
                   // epoch; INTERVAL DAY TO SECOND: ms
  kFloat = 5,
  kDouble = 6,
  kInt128 = 7,     // DECIMAL of 19 to 38 digits: unscaled
  kTimeNanos = 8,  // TIMESTAMP and TIMESTAMP_LTZ, p >= 7: struct TimeNanos
  kString = 9,     // CHAR, VARCHAR, BINARY, VARBINARY: StringView
  kRow = 10,       // one child vector a field
  kList = 11,      // ARRAY: ListEntry into the one child vector
  kMap = 12,       // MAP, MULTISET: ListEntry into two child vectors: keys,
                   // values (a multiset's values are INT counts)
  kNull = 13,      // the type of the NULL literal: no data at all
};

// p >= 7: milliseconds since the epoch and nanoseconds within it, [0, 999999].
struct TimeNanos {
  int64_t millis = 0;
  int32_t nanos = 0;
  int32_t zero = 0;  // Keeps the bytes canonical.

  friend auto operator<=>(const TimeNanos&, const TimeNanos&) = default;
};

struct RowField;

// A Flink SQL type: an immutable value, cheap to copy. Names print as Flink's
// own, `DECIMAL(10, 2) NOT NULL`.
class LogicalType {
 public:
  // The type of the NULL literal.
  LogicalType() = default;

  static LogicalType Boolean() { return Of(TypeRoot::kBoolean); }
  static LogicalType TinyInt() { return Of(TypeRoot::kTinyInt); }
  static LogicalType SmallInt() { return Of(TypeRoot::kSmallInt); }
  static LogicalType Integer() { return Of(TypeRoot::kInteger); }
  static LogicalType BigInt() { return Of(TypeRoot::kBigInt); }
  static LogicalType Float() { return Of(TypeRoot::kFloat); }
  static LogicalType Double() { return Of(TypeRoot::kDouble); }
  static LogicalType Date() { return Of(TypeRoot::kDate); }
  static LogicalType String() { return VarChar(kMaxLength); }
  static LogicalType Bytes() { return VarBinary(kMaxLength); }
  // REQUIRES: 1 <= precision <= 38, 0 <= scale <= precision.
  static LogicalType Decimal(int precision, int scale);
  // REQUIRES: 1 <= length (0 only for the type of an empty literal).
  static LogicalType Char(int length);
  static LogicalType VarChar(int length);
  static LogicalType Binary(int length);
  static LogicalType VarBinary(int length);
  // REQUIRES: 0 <= precision <= 9. TIME computes in ms whatever its precision.
  static LogicalType Time(int precision);
  static LogicalType Timestamp(int precision);
  static LogicalType TimestampLtz(int precision);
  static LogicalType IntervalYearMonth() {
    return Of(TypeRoot::kIntervalYearMonth);
  }
  static LogicalType IntervalDayTime() {
    return Of(TypeRoot::kIntervalDayTime);
  }
  static LogicalType Array(LogicalType element);
  static LogicalType Map(LogicalType key, LogicalType value);
  static LogicalType Multiset(LogicalType element);
  static LogicalType Row(std::vector<RowField> fields);

  static constexpr int kMaxLength = 2147483647;

  TypeRoot root() const { return root_; }
  bool nullable() const { return nullable_; }
  // DECIMAL's digits; the fraction digits of TIME and TIMESTAMP.
  int precision() const { return length_; }
  int scale() const { return scale_; }
  // Characters of CHAR and VARCHAR, bytes of BINARY and VARBINARY.
  int length() const { return length_; }
  // ROW's fields; ARRAY and MULTISET: one, the element; MAP: key and value.
  const std::vector<RowField>& fields() const;
  const LogicalType& element() const;  // ARRAY, MULTISET
  const LogicalType& key() const;      // MAP
  const LogicalType& value() const;    // MAP
  // The 0-based place of ROW's field `name` (case-sensitive); nullopt: none.
  std::optional<int> FieldIndex(absl::string_view name) const;

  LogicalType AsNullable() const { return WithNullable(true); }
  LogicalType NotNull() const { return WithNullable(false); }
  LogicalType WithNullable(bool nullable) const;

  PhysicalType physical() const;

  bool Is(TypeRoot root) const { return root_ == root; }
  bool IsIntegral() const;   // TINYINT to BIGINT
  bool IsNumeric() const;    // integral, DECIMAL, FLOAT, DOUBLE
  bool IsApproximate() const;  // FLOAT, DOUBLE
  bool IsCharacter() const;  // CHAR, VARCHAR
  bool IsBinary() const;     // BINARY, VARBINARY
  bool IsTemporal() const;   // DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ
  bool IsTimestamp() const;  // TIMESTAMP, TIMESTAMP_LTZ
  bool IsInterval() const;
  bool IsNested() const;     // ARRAY, MAP, MULTISET, ROW

  // Flink's text: "BIGINT NOT NULL", "ROW<`a` INT, `b` VARCHAR(5)>",
  // "TIMESTAMP_LTZ(3)". VARCHAR(2147483647) prints as STRING, and VARBINARY
  // of that length as BYTES. ParseLogicalType reads it back.
  std::string ToString() const;

  // Nullability counts; EqualsIgnoringNull leaves it out at every depth.
  friend bool operator==(const LogicalType& a, const LogicalType& b);
  bool EqualsIgnoringNull(const LogicalType& other) const;

 private:
  static LogicalType Of(TypeRoot root, int length = 0, int scale = 0);

  TypeRoot root_ = TypeRoot::kNull;
  bool nullable_ = true;
  int32_t length_ = 0;
  int32_t scale_ = 0;
  std::shared_ptr<const std::vector<RowField>> fields_;  // Nested types only.
};

struct RowField {
  std::string name;
  LogicalType type;

  friend bool operator==(const RowField&, const RowField&) = default;
};

}  // namespace millrace
