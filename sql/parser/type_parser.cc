#include "sql/parser/type_parser.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/parser.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

constexpr int kDefaultTimestampPrecision = 6;
constexpr int kMostFractionDigits = 9;
constexpr int kMostDecimalDigits = 38;
constexpr int kDefaultDecimalDigits = 10;

// Types of Flink that LogicalType has not.
constexpr absl::string_view kUnsupported[] = {
    "BITMAP",       "DESCRIPTOR", "GEOGRAPHY", "GEOMETRY", "NULL", "RAW",
    "STRUCTURED",   "TIMESTAMP_TZ", "UUID",    "VARIANT"};

// What a misspelt type can have meant.
const std::vector<std::string>& KnownTypes() {
  static const auto& known = *new std::vector<std::string>{
      "BOOLEAN", "TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT", "FLOAT",
      "DOUBLE", "DECIMAL", "NUMERIC", "CHAR", "VARCHAR", "STRING", "BINARY",
      "VARBINARY", "BYTES", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ",
      "INTERVAL", "ARRAY", "MAP", "MULTISET", "ROW"};
  return known;
}

}  // namespace

absl::StatusOr<TypeName> TypeParser::Parse() {
  const SourceLocation start = cursor_.Here();
  unsupported_ = false;
  ASSIGN_OR_RETURN(LogicalType type, ParseType());
  TypeName name{.type = std::move(type), .location = cursor_.Since(start)};
  if (unsupported_) {
    name.unsupported = std::string(cursor_.TextOf(name.location));
  }
  return name;
}

absl::StatusOr<LogicalType> TypeParser::ParseType() {
  RETURN_IF_ERROR(cursor_.Enter(kOperandNestingCost));
  const NestingScope scope(cursor_, kOperandNestingCost);
  ASSIGN_OR_RETURN(LogicalType type, ParseNamed());
  ASSIGN_OR_RETURN(type, WithNullability(std::move(type)));
  // INT ARRAY, INT NOT NULL MULTISET
  int suffixes = 0;
  while (cursor_.At("ARRAY", 0) || cursor_.At("MULTISET", 0)) {
    const bool array = cursor_.Take().match == "ARRAY";
    suffixes += kOperandNestingCost;
    RETURN_IF_ERROR(cursor_.CheckHeight(suffixes, cursor_.Here()));
    type = array ? LogicalType::Array(std::move(type))
                 : LogicalType::Multiset(std::move(type));
    ASSIGN_OR_RETURN(type, WithNullability(std::move(type)));
  }
  return type;
}

absl::StatusOr<LogicalType> TypeParser::WithNullability(LogicalType type) {
  if (cursor_.At("NOT", 0) && cursor_.At("NULL", 1)) {
    cursor_.Take();
    cursor_.Take();
    return type.NotNull();
  }
  // JSON_VALUE(.. RETURNING INT NULL ON EMPTY) means something else by NULL.
  if (cursor_.At("NULL", 0) && !cursor_.At("ON", 1)) cursor_.Take();
  return type;
}

absl::StatusOr<LogicalType> TypeParser::ParseNamed() {
  const Token& token = cursor_.Peek();
  if (token.kind == TokenKind::kQuotedName) return Unknown(token);
  if (token.kind != TokenKind::kWord) {
    return cursor_.Unexpected("a data type");
  }
  const std::string& name = token.match;
  if (std::ranges::find(kUnsupported, name) != std::end(kUnsupported)) {
    RETURN_IF_ERROR(SkipUnsupported());
    unsupported_ = true;
    return LogicalType();
  }
  if (name == "ROW") return ParseRow();
  if (name == "INTERVAL") return ParseInterval();
  if (name == "TIMESTAMP" || name == "TIMESTAMP_LTZ") return ParseTimestamp();
  if (name == "DECIMAL" || name == "DEC" || name == "NUMERIC") {
    return ParseDecimal();
  }
  if (name == "ARRAY" || name == "MULTISET" || name == "MAP") {
    return ParseCollection(name);
  }
  return ParseFlat(name);
}

absl::Status TypeParser::Unknown(const Token& name) const {
  return SqlError({.code = "SQL-0006",
                   .location = name.location,
                   .what = absl::StrCat("unknown data type `", name.text, "`"),
                   .fix = DidYouMean(name.match, KnownTypes())});
}

// RAW('class', 'snapshot'), STRUCTURED<'class', f INT>, VARIANT
absl::Status TypeParser::SkipUnsupported() {
  cursor_.Take();
  const bool angle = cursor_.At("<", 0);
  if (!angle && !cursor_.At("(", 0)) return absl::OkStatus();
  const SourceLocation open = cursor_.Take().location;
  int depth = 1;
  while (depth > 0) {
    if (cursor_.AtEnd()) {
      return cursor_.ExpectClosing(angle ? ">" : ")", open);
    }
    const std::string& match = cursor_.Take().match;
    if (match == (angle ? "<" : "(")) ++depth;
    if (match == (angle ? ">" : ")")) --depth;
  }
  return absl::OkStatus();
}

absl::StatusOr<LogicalType> TypeParser::ParseFlat(absl::string_view name) {
  const Token& token = cursor_.Take();
  const Range length{1, LogicalType::kMaxLength, 1};
  const Range longest{1, LogicalType::kMaxLength, LogicalType::kMaxLength};
  if (name == "BOOLEAN") return LogicalType::Boolean();
  if (name == "TINYINT") return LogicalType::TinyInt();
  if (name == "SMALLINT") return LogicalType::SmallInt();
  if (name == "INT" || name == "INTEGER") return LogicalType::Integer();
  if (name == "BIGINT") return LogicalType::BigInt();
  if (name == "FLOAT" || name == "REAL") return LogicalType::Float();
  if (name == "DATE") return LogicalType::Date();
  if (name == "STRING") return LogicalType::String();
  if (name == "BYTES") return LogicalType::Bytes();
  if (name == "DOUBLE") {
    cursor_.Accept("PRECISION");
    return LogicalType::Double();
  }
  if (name == "CHAR" || name == "CHARACTER") {
    const bool varying = cursor_.Accept("VARYING");
    ASSIGN_OR_RETURN(const int n, ParseNumber(varying ? longest : length));
    return varying ? LogicalType::VarChar(n) : LogicalType::Char(n);
  }
  if (name == "BINARY") {
    const bool varying = cursor_.Accept("VARYING");
    ASSIGN_OR_RETURN(const int n, ParseNumber(varying ? longest : length));
    return varying ? LogicalType::VarBinary(n) : LogicalType::Binary(n);
  }
  if (name == "VARCHAR") {
    ASSIGN_OR_RETURN(const int n, ParseNumber(longest));
    return LogicalType::VarChar(n);
  }
  if (name == "VARBINARY") {
    ASSIGN_OR_RETURN(const int n, ParseNumber(longest));
    return LogicalType::VarBinary(n);
  }
  if (name == "TIME") {
    ASSIGN_OR_RETURN(const int n, ParseNumber({0, kMostFractionDigits, 0}));
    if (cursor_.Accept("WITHOUT")) {
      RETURN_IF_ERROR(cursor_.Expect("TIME"));
      RETURN_IF_ERROR(cursor_.Expect("ZONE"));
    }
    return LogicalType::Time(n);
  }
  return Unknown(token);
}

absl::StatusOr<int> TypeParser::ParseInRange(Range range) {
  const SourceLocation location = cursor_.Here();
  if (cursor_.Peek().kind != TokenKind::kExact) {
    return cursor_.Unexpected("a number");
  }
  const std::string text = cursor_.Peek().text;
  const auto value = cursor_.TakeInteger("a number");
  if (!value.ok() || *value < range.lowest || *value > range.highest) {
    return SqlError({.code = "SQL-0005",
                     .location = location,
                     .what = absl::StrCat(text, " is out of range"),
                     .fix = absl::StrCat("Give a number from ", range.lowest,
                                         " to ", range.highest)});
  }
  return *value;
}

absl::StatusOr<int> TypeParser::ParseNumber(Range range) {
  if (!cursor_.At("(", 0)) return range.otherwise;
  const SourceLocation open = cursor_.Take().location;
  ASSIGN_OR_RETURN(const int value, ParseInRange(range));
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return value;
}

absl::StatusOr<LogicalType> TypeParser::ParseDecimal() {
  cursor_.Take();
  if (!cursor_.At("(", 0)) {
    return LogicalType::Decimal(kDefaultDecimalDigits, 0);
  }
  const SourceLocation open = cursor_.Take().location;
  ASSIGN_OR_RETURN(const int precision,
                   ParseInRange({1, kMostDecimalDigits, 0}));
  int scale = 0;
  if (cursor_.Accept(",")) {
    ASSIGN_OR_RETURN(scale, ParseInRange({0, precision, 0}));
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return LogicalType::Decimal(precision, scale);
}

absl::StatusOr<LogicalType> TypeParser::ParseTimestamp() {
  bool local = cursor_.Take().match == "TIMESTAMP_LTZ";
  ASSIGN_OR_RETURN(
      const int precision,
      ParseNumber({0, kMostFractionDigits, kDefaultTimestampPrecision}));
  if (!local && cursor_.At("WITH", 0) &&
      (cursor_.At("LOCAL", 1) || cursor_.At("TIME", 1))) {
    cursor_.Take();
    local = cursor_.Accept("LOCAL");
    if (!local) unsupported_ = true;  // TIMESTAMP WITH TIME ZONE
    RETURN_IF_ERROR(cursor_.Expect("TIME"));
    RETURN_IF_ERROR(cursor_.Expect("ZONE"));
  } else if (!local && cursor_.Accept("WITHOUT")) {
    RETURN_IF_ERROR(cursor_.Expect("TIME"));
    RETURN_IF_ERROR(cursor_.Expect("ZONE"));
  }
  return local ? LogicalType::TimestampLtz(precision)
               : LogicalType::Timestamp(precision);
}

absl::StatusOr<LogicalType> TypeParser::ParseCollection(
    absl::string_view name) {
  const bool map = name == "MAP";
  const bool array = name == "ARRAY";
  cursor_.Take();
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("<"));
  ASSIGN_OR_RETURN(LogicalType first, ParseType());
  LogicalType second;
  if (map) {
    RETURN_IF_ERROR(cursor_.Expect(","));
    ASSIGN_OR_RETURN(second, ParseType());
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(">", open));
  if (map) return LogicalType::Map(std::move(first), std::move(second));
  return array ? LogicalType::Array(std::move(first))
               : LogicalType::Multiset(std::move(first));
}

// ROW<a INT NOT NULL 'comment', b STRING>, ROW(a INT), ROW<>
absl::StatusOr<LogicalType> TypeParser::ParseRow() {
  cursor_.Take();
  std::vector<RowField> fields;
  if (cursor_.Accept("<>")) return LogicalType::Row({});
  const SourceLocation open = cursor_.Here();
  const bool angle = cursor_.Accept("<");
  if (!angle) RETURN_IF_ERROR(cursor_.Expect("("));
  const absl::string_view close = angle ? ">" : ")";
  if (!cursor_.At(close, 0)) {
    do {
      ASSIGN_OR_RETURN(Name name, cursor_.TakeAnyName("a field name"));
      ASSIGN_OR_RETURN(LogicalType type, ParseType());
      fields.push_back({std::move(name.text), std::move(type)});
      // Comments of fields are read and forgotten, as in Flink's own types.
      if (cursor_.Peek().kind == TokenKind::kString) cursor_.Take();
    } while (cursor_.Accept(","));
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(close, open));
  return LogicalType::Row(std::move(fields));
}

absl::StatusOr<LogicalType> TypeParser::ParseInterval() {
  cursor_.Take();
  ASSIGN_OR_RETURN(const IntervalQualifier qualifier, ParseQualifier());
  return qualifier.IsYearMonth() ? LogicalType::IntervalYearMonth()
                                 : LogicalType::IntervalDayTime();
}

absl::StatusOr<IntervalQualifier> TypeParser::ParseQualifier() {
  IntervalQualifier qualifier;
  const auto unit_here = [this] {
    const Token& token = cursor_.Peek();
    auto unit = token.kind == TokenKind::kWord ? UnitOf(token.match)
                                               : std::nullopt;
    const bool known = unit && *unit >= TimeUnit::kSecond &&
                       *unit <= TimeUnit::kYear;
    return known ? unit : std::nullopt;
  };
  const auto start = unit_here();
  if (!start) {
    for (int i = static_cast<int>(TimeUnit::kYear);
         i >= static_cast<int>(TimeUnit::kSecond); --i) {
      cursor_.At(UnitName(static_cast<TimeUnit>(i)));
    }
    return cursor_.Unexpected();
  }
  cursor_.Take();
  qualifier.start = *start;
  if (cursor_.At("(", 0)) {
    const SourceLocation open = cursor_.Take().location;
    ASSIGN_OR_RETURN(qualifier.leading_precision, ParseInRange({1, 10, 0}));
    if (*start == TimeUnit::kSecond && cursor_.Accept(",")) {
      ASSIGN_OR_RETURN(qualifier.fraction_precision, ParseInRange({0, 9, 0}));
    }
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  }
  if (!cursor_.Accept("TO")) return qualifier;
  const auto end = unit_here();
  const bool fits =
      end && (*start == TimeUnit::kYear
                  ? *end == TimeUnit::kMonth
                  : *start <= TimeUnit::kDay && *end < *start);
  if (!fits) {
    return cursor_.Unexpected(
        "YEAR TO MONTH, DAY TO HOUR, DAY TO MINUTE, DAY TO SECOND, HOUR TO "
        "MINUTE, HOUR TO SECOND or MINUTE TO SECOND");
  }
  cursor_.Take();
  qualifier.end = end;
  if (*end == TimeUnit::kSecond && cursor_.At("(", 0)) {
    ASSIGN_OR_RETURN(qualifier.fraction_precision, ParseNumber({0, 9, 0}));
  }
  return qualifier;
}

}  // namespace millrace::sql
