#include "sql/binder/literal_binder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/types/datetime.h"
#include "runtime/types/datetime_text.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/interval_text.h"
#include "runtime/types/numeric_text.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

absl::Status BadLiteral(const SourceLocation& location,
                        absl::string_view type, absl::string_view text,
                        std::string why) {
  return SqlError({.code = "SQL-0115",
                   .location = location,
                   .what = absl::StrCat("'", text, "' is no ", type),
                   .why = std::move(why),
                   .fix = {}});
}

absl::StatusOr<Expr> BindExact(const std::string& text,
                               const SourceLocation& location) {
  const size_t dot = text.find('.');
  const int scale =
      dot == std::string::npos ? 0 : static_cast<int>(text.size() - dot - 1);
  int64_t whole = 0;
  if (scale == 0 && absl::SimpleAtoi(text.substr(0, dot), &whole)) {
    const bool small = whole <= INT32_MAX;
    return Expr::Literal(Value::Int(whole),
                         (small ? LogicalType::Integer()
                                : LogicalType::BigInt()).NotNull());
  }
  const int digits =
      static_cast<int>(text.size()) - (dot == std::string::npos ? 0 : 1);
  Int128 unscaled = 0;
  if (digits > kMaxDecimalDigits ||
      !ParseDecimal(text, {digits, scale}, &unscaled)) {
    return BadLiteral(location, "DECIMAL", text,
                      "numbers have at most 38 digits");
  }
  const LogicalType type = LogicalType::Decimal(digits, scale).NotNull();
  return Expr::Literal(digits <= kMaxInt64DecimalDigits
                           ? Value::Int(static_cast<int64_t>(unscaled))
                           : Value::Int128(unscaled),
                       type);
}

int CountCharacters(absl::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Digits behind the dot.
int FractionDigits(absl::string_view text) {
  const size_t dot = text.find('.');
  return dot == absl::string_view::npos
             ? 0
             : static_cast<int>(text.size() - dot - 1);
}

absl::StatusOr<Expr> BindTimestamp(const std::string& text,
                                   const SourceLocation& location) {
  const int precision = FractionDigits(text);
  TimeNanos value;
  if (precision > 9 || !ParseTimestampText(text, precision, &value)) {
    return BadLiteral(location, "TIMESTAMP", text,
                      "write TIMESTAMP 'yyyy-MM-dd HH:mm:ss.fff'");
  }
  const LogicalType type = LogicalType::Timestamp(precision).NotNull();
  if (precision <= 3) return Expr::Literal(Value::Int(value.millis), type);
  if (precision <= 6) {
    return Expr::Literal(Value::Int(MicrosFromNanos(value)), type);
  }
  return Expr::Literal(Value::Nanos(value), type);
}

DateTimeUnit UnitOfInterval(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kYear: return DateTimeUnit::kYear;
    case TimeUnit::kQuarter: return DateTimeUnit::kQuarter;
    case TimeUnit::kMonth: return DateTimeUnit::kMonth;
    case TimeUnit::kWeek: return DateTimeUnit::kWeek;
    case TimeUnit::kHour: return DateTimeUnit::kHour;
    case TimeUnit::kMinute: return DateTimeUnit::kMinute;
    case TimeUnit::kSecond: return DateTimeUnit::kSecond;
    default: return DateTimeUnit::kDay;
  }
}

absl::StatusOr<Expr> BindTemporal(const Literal& literal,
                                  const SourceLocation& location) {
  if (literal.kind == LiteralKind::kTimestamp) {
    return BindTimestamp(literal.text, location);
  }
  int32_t value = 0;
  if (literal.kind == LiteralKind::kDate) {
    if (!ParseDateText(literal.text, &value)) {
      return BadLiteral(location, "DATE", literal.text,
                        "write DATE 'yyyy-MM-dd'");
    }
    return Expr::Literal(Value::Int(value), LogicalType::Date().NotNull());
  }
  if (!ParseTimeText(literal.text, 3, &value)) {
    return BadLiteral(location, "TIME", literal.text,
                      "write TIME 'HH:mm:ss'");
  }
  const int precision = std::min(FractionDigits(literal.text), 3);
  return Expr::Literal(Value::Int(value),
                       LogicalType::Time(precision).NotNull());
}

}  // namespace

absl::StatusOr<Expr> BindLiteral(const Literal& literal,
                                 const SourceLocation& location) {
  const LogicalType boolean = LogicalType::Boolean();
  switch (literal.kind) {
    case LiteralKind::kNull:
      return Expr::Literal(Value::Null(), LogicalType());
    case LiteralKind::kTrue:
      return Expr::Literal(Value::Bool(true), boolean.NotNull());
    case LiteralKind::kFalse:
      return Expr::Literal(Value::Bool(false), boolean.NotNull());
    case LiteralKind::kUnknown:
      return Expr::Literal(Value::Null(), boolean);
    case LiteralKind::kExact:
      return BindExact(literal.text, location);
    case LiteralKind::kApproximate: {
      double value = 0;
      if (!ParseDouble(literal.text, &value)) {
        return BadLiteral(location, "DOUBLE", literal.text, "");
      }
      return Expr::Literal(Value::Double(value),
                           LogicalType::Double().NotNull());
    }
    case LiteralKind::kString: {
      const int length = CountCharacters(literal.text);
      return Expr::Literal(Value::Text(literal.text),
                           LogicalType::Char(length).NotNull());
    }
    case LiteralKind::kBinary:
      return Expr::Literal(
          Value::Text(literal.text),
          LogicalType::Binary(static_cast<int>(literal.text.size()))
              .NotNull());
    case LiteralKind::kDate:
    case LiteralKind::kTime:
    case LiteralKind::kTimestamp:
      return BindTemporal(literal, location);
  }
  return absl::InternalError("literal of an unknown kind");
}

absl::StatusOr<Expr> BindInterval(const IntervalLiteral& literal,
                                  const SourceLocation& location) {
  millrace::IntervalQualifier qualifier;
  qualifier.from = UnitOfInterval(literal.qualifier.start);
  qualifier.to =
      UnitOfInterval(literal.qualifier.end.value_or(literal.qualifier.start));
  if (literal.qualifier.leading_precision) {
    qualifier.leading_digits = *literal.qualifier.leading_precision;
  }
  if (literal.qualifier.fraction_precision) {
    qualifier.fraction_digits = *literal.qualifier.fraction_precision;
  }
  const auto parsed = ParseInterval(literal.text, qualifier);
  if (!parsed.ok()) {
    return BadLiteral(location, "INTERVAL of this unit", literal.text,
                      std::string(parsed.status().message()));
  }
  const int64_t value = literal.negative ? -*parsed : *parsed;
  return Expr::Literal(Value::Int(value),
                       (qualifier.is_year_month()
                            ? LogicalType::IntervalYearMonth()
                            : LogicalType::IntervalDayTime()).NotNull());
}

Expr NegateLiteral(Expr literal) {
  if (auto* whole = std::get_if<int64_t>(&literal.literal.data)) {
    *whole = -*whole;
  } else if (auto* wide = std::get_if<__int128>(&literal.literal.data)) {
    *wide = -*wide;
  } else if (auto* real = std::get_if<double>(&literal.literal.data)) {
    *real = -*real;
  }
  return literal;
}

}  // namespace millrace::sql
