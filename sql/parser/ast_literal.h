#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "sql/parser/ast_name.h"

namespace millrace::sql {

enum class LiteralKind : uint8_t {
  kNull,
  kTrue,
  kFalse,
  kUnknown,      // The BOOLEAN NULL.
  kExact,        // 12, 12.50: an INT, BIGINT or DECIMAL by its digits
  kApproximate,  // 1.5e3: DOUBLE
  kString,       // CHAR(n)
  kBinary,       // X'0aff': BINARY(n)
  kDate,         // DATE '2020-01-31'
  kTime,         // TIME '12:00:00.123'
  kTimestamp,    // TIMESTAMP '2020-01-31 12:00:00.123'
};

// `text`: digits of a number as written and without sign, the bytes of a
// string or binary with all escapes resolved, what stood between the quotes
// of a date or time (not checked); empty for the first four.
struct Literal {
  LiteralKind kind = LiteralKind::kNull;
  std::string text;
};

// Units of intervals, EXTRACT, FLOOR(x TO u), TIMESTAMPADD... In the order of
// UnitName's table.
enum class TimeUnit : uint8_t {
  kNanosecond,
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,  // From here on EXTRACT alone knows them.
  kDoy,
  kDow,
  kIsoDow,
  kIsoYear,
};

absl::string_view UnitName(TimeUnit unit);
// Any case; also SQL_TSI_X and the plural ("SECONDS"). nullopt: no
// unit.
std::optional<TimeUnit> UnitOf(absl::string_view name);

// DAY(3) TO SECOND(6). `end` is empty for a single unit.
struct IntervalQualifier {
  TimeUnit start = TimeUnit::kDay;
  std::optional<TimeUnit> end;
  std::optional<int> leading_precision;
  std::optional<int> fraction_precision;

  bool IsYearMonth() const {
    return start >= TimeUnit::kMonth && start <= TimeUnit::kMillennium;
  }
};

// INTERVAL [-] '1 10:00' DAY TO MINUTE. `text` stood between the quotes and
// may hold a sign of its own; not checked.
struct IntervalLiteral {
  bool negative = false;
  std::string text;
  IntervalQualifier qualifier;
};

}  // namespace millrace::sql
