#include "runtime/types/interval_text.h"

#include <algorithm>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/types/clock_text.h"
#include "runtime/types/decimal.h"
#include "runtime/types/java_number_text.h"
#include "runtime/types/text_cursor.h"

namespace millrace {
namespace {

constexpr int kMaxLeadingDigits = 18;

// One field of an interval: how it is set off from the one before and how many
// of it make one of that.
struct Field {
  DateTimeUnit unit;
  absl::string_view name;
  char separator;
  int limit;
};

constexpr Field kYearMonthFields[] = {
    {DateTimeUnit::kYear, "YEAR", ' ', 0},
    {DateTimeUnit::kMonth, "MONTH", '-', 12},
};
constexpr Field kDayTimeFields[] = {
    {DateTimeUnit::kDay, "DAY", ' ', 0},
    {DateTimeUnit::kHour, "HOUR", ' ', 24},
    {DateTimeUnit::kMinute, "MINUTE", ':', 60},
    {DateTimeUnit::kSecond, "SECOND", ':', 60},
};
constexpr Field kWeekField[] = {{DateTimeUnit::kWeek, "WEEK", ' ', 0}};
constexpr Field kQuarterField[] = {{DateTimeUnit::kQuarter, "QUARTER", ' ', 0}};

struct Fields {
  const Field* begin;
  const Field* end;
};

Fields FieldsOf(DateTimeUnit from) {
  switch (from) {
    case DateTimeUnit::kYear:
    case DateTimeUnit::kMonth:
      return {std::begin(kYearMonthFields), std::end(kYearMonthFields)};
    case DateTimeUnit::kWeek:
      return {std::begin(kWeekField), std::end(kWeekField)};
    case DateTimeUnit::kQuarter:
      return {std::begin(kQuarterField), std::end(kQuarterField)};
    default: return {std::begin(kDayTimeFields), std::end(kDayTimeFields)};
  }
}

absl::Status NotOfForm(absl::string_view text,
                       const IntervalQualifier& qualifier) {
  std::string form;
  for (auto [field, end] = FieldsOf(qualifier.from); field != end; ++field) {
    if (form.empty() && field->unit != qualifier.from) continue;
    if (!form.empty()) form.push_back(field->separator);
    absl::StrAppend(&form, absl::AsciiStrToLower(field->name));
    if (field->unit == qualifier.to) break;
  }
  if (qualifier.to == DateTimeUnit::kSecond) {
    absl::StrAppend(&form, "[.fraction of up to ", qualifier.fraction_digits,
                    " digits]");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("interval '", text, "' is not of the form '", form, "'"));
}

// The first field may have many digits, the others have one or two.
bool LeadingNumber(TextCursor* in, int64_t* out) {
  int64_t value = 0;
  int digits = 0;
  int digit;
  while (digits < kMaxLeadingDigits && in->Number(1, 1, &digit)) {
    value = value * 10 + digit;
    ++digits;
  }
  *out = value;
  return digits > 0;
}

// Some digits behind the dot: ms of the second.
bool FractionMillis(TextCursor* in, int max_digits, int64_t* millis) {
  const size_t before = in->rest().size();
  int32_t billionths;
  in->Fraction(max_digits, &billionths);
  *millis = billionths / 1'000'000;
  return in->rest().size() < before;
}

}  // namespace

absl::StatusOr<int64_t> ParseInterval(absl::string_view text,
                                      const IntervalQualifier& qualifier) {
  TextCursor in(absl::StripAsciiWhitespace(text));
  const bool negative = in.Skip('-');
  if (!negative) in.Skip('+');
  int64_t total = 0;
  bool leading = true;
  for (auto [field, end] = FieldsOf(qualifier.from); field != end; ++field) {
    if (leading && field->unit != qualifier.from) continue;
    int64_t value = 0;
    if (leading) {
      if (!LeadingNumber(&in, &value)) return NotOfForm(text, qualifier);
      if (value >= PowerOfTen64(qualifier.leading_digits)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "interval field value ", value, " exceeds the precision of ",
            field->name, "(", qualifier.leading_digits, ")"));
      }
    } else {
      int number = 0;
      if (!in.Skip(field->separator) || !in.Number(1, 2, &number)) {
        return NotOfForm(text, qualifier);
      }
      if (number >= field->limit) {
        return absl::InvalidArgumentError(
            absl::StrCat("interval field value ", number, " of ", field->name,
                         " is not below ", field->limit));
      }
      value = number;
    }
    leading = false;
    if (__builtin_mul_overflow(value, UnitLength(field->unit), &value) ||
        __builtin_add_overflow(total, value, &total)) {
      return absl::InvalidArgumentError(
          absl::StrCat("interval '", text, "' is too long"));
    }
    if (field->unit == DateTimeUnit::kSecond && in.Skip('.')) {
      int64_t millis = 0;
      if (!FractionMillis(&in, qualifier.fraction_digits, &millis)) {
        return NotOfForm(text, qualifier);
      }
      total += millis;
    }
    if (field->unit == qualifier.to) break;
  }
  if (!in.done() || leading) return NotOfForm(text, qualifier);
  return negative ? -total : total;
}

char* WriteIntervalYearMonth(int32_t months, char* out) {
  *out++ = months < 0 ? '-' : '+';
  const int64_t magnitude = std::abs(int64_t{months});
  out = WriteInteger(magnitude / 12, out);
  *out++ = '-';
  return WriteTwoDigits(static_cast<int>(magnitude % 12), out);
}

char* WriteIntervalDayTime(int64_t millis, char* out) {
  *out++ = millis < 0 ? '-' : '+';
  const uint64_t magnitude = millis < 0 ? -static_cast<uint64_t>(millis)
                                        : static_cast<uint64_t>(millis);
  const int32_t of_day = static_cast<int32_t>(magnitude % kMillisPerDay);
  out = WriteInteger(static_cast<int64_t>(magnitude / kMillisPerDay), out);
  *out++ = ' ';
  out = WriteClock(of_day, out);
  *out++ = '.';
  return WriteFraction(of_day % 1000 * 1'000'000, 3, out);
}

}  // namespace millrace
