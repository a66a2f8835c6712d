#include "sql/parser/ast_literal.h"

#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace millrace::sql {
namespace {

// In TimeUnit's order.
constexpr absl::string_view kUnits[] = {
    "NANOSECOND", "MICROSECOND", "MILLISECOND", "SECOND",     "MINUTE",
    "HOUR",       "DAY",         "WEEK",        "MONTH",      "QUARTER",
    "YEAR",       "DECADE",      "CENTURY",     "MILLENNIUM", "EPOCH",
    "DOY",        "DOW",         "ISODOW",      "ISOYEAR"};

// ODBC's names where they differ from ours behind SQL_TSI_.
constexpr absl::string_view kOdbcNanosecond = "FRAC_SECOND";

}  // namespace

absl::string_view UnitName(TimeUnit unit) {
  return kUnits[static_cast<size_t>(unit)];
}

std::optional<TimeUnit> UnitOf(absl::string_view name) {
  const std::string upper = absl::AsciiStrToUpper(name);
  absl::string_view word = upper;
  const bool odbc = absl::ConsumePrefix(&word, "SQL_TSI_");
  if (word == kOdbcNanosecond) return TimeUnit::kNanosecond;
  for (size_t i = 0; i < std::size(kUnits); ++i) {
    if (word == kUnits[i]) return static_cast<TimeUnit>(i);
    const bool plural = !odbc && i <= static_cast<size_t>(TimeUnit::kYear);
    if (plural && absl::StripSuffix(word, "S") == kUnits[i]) {
      return static_cast<TimeUnit>(i);
    }
  }
  return std::nullopt;
}

}  // namespace millrace::sql
