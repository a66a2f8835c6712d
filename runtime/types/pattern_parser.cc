#include "runtime/types/pattern_parser.h"

#include <algorithm>
#include <span>

#include "absl/strings/match.h"
#include "runtime/types/calendar_names.h"
#include "runtime/types/clock_text.h"
#include "runtime/types/datetime.h"
#include "runtime/types/text_cursor.h"

namespace millrace {
namespace {

// java.text reads "26" as the year of the century that begins here: 80 years
// before it was written. Fixed, so that results do not depend on the clock.
constexpr int kTwoDigitYearStart = 1946;

enum Slot {
  kYear, kMonth, kDay, kDayOfYear, kDayOfWeek, kHour, kHourOfHalf, kHalf,
  kMinute, kSecond, kNanoOfSecond, kNanoOfDay, kSlots
};

// What was read; a field that was not keeps its default.
class Fields {
 public:
  void Set(Slot slot, int64_t value) {
    values_[slot] = value;
    present_ |= 1u << slot;
  }
  bool Has(Slot slot) const { return (present_ >> slot & 1) != 0; }
  int64_t Get(Slot slot, int64_t otherwise) const {
    return Has(slot) ? values_[slot] : otherwise;
  }
  bool InRange(Slot slot, int64_t least, int64_t most) const {
    return !Has(slot) || (values_[slot] >= least && values_[slot] <= most);
  }

 private:
  int64_t values_[kSlots] = {};
  uint32_t present_ = 0;
};

// java.text takes any case and both forms of a name; java.time the one form
// of the pattern.
bool ReadName(const PatternPiece& piece, PatternDialect dialect,
              std::span<const absl::string_view> names, TextCursor* in,
              int* index) {
  const bool java_text = dialect == PatternDialect::kSimpleDateFormat;
  for (const bool whole : {true, false}) {
    if (!java_text && whole != (piece.width == 4)) continue;
    for (size_t i = 0; i < names.size(); ++i) {
      const absl::string_view name = whole ? names[i] : names[i].substr(0, 3);
      const absl::string_view text = in->rest().substr(0, name.size());
      if (java_text ? absl::EqualsIgnoreCase(text, name) : text == name) {
        in->Skip(text);
        *index = static_cast<int>(i);
        return true;
      }
    }
  }
  return false;
}

bool ReadWord(const PatternPiece& piece, PatternDialect dialect,
              TextCursor* in, Fields* fields) {
  constexpr absl::string_view kHalves[] = {"AM", "PM"};
  constexpr absl::string_view kEras[] = {"AD"};
  int index;
  switch (piece.letter) {
    case 'M':
    case 'L':
      if (!ReadName(piece, dialect, kMonthNames, in, &index)) return false;
      fields->Set(kMonth, index + 1);
      return true;
    case 'E':
    case 'e':
    case 'c':
      if (!ReadName(piece, dialect, kDayNames, in, &index)) return false;
      fields->Set(kDayOfWeek, index);
      return true;
    case 'a':
      if (!ReadName(piece, dialect, kHalves, in, &index)) return false;
      fields->Set(kHalf, index);
      return true;
    case 'G': return ReadName(piece, dialect, kEras, in, &index);
    default: return false;
  }
}

// A number means the same in both dialects but for S, u and years.
void Store(char letter, int64_t value, PatternDialect dialect,
           Fields* fields) {
  const bool java_text = dialect == PatternDialect::kSimpleDateFormat;
  switch (letter) {
    case 'y': fields->Set(kYear, value); break;
    case 'u':
      if (!java_text) fields->Set(kYear, value);
      break;
    case 'M': case 'L': fields->Set(kMonth, value); break;
    case 'd': fields->Set(kDay, value); break;
    case 'D': fields->Set(kDayOfYear, value); break;
    case 'H': fields->Set(kHour, value); break;
    case 'k': fields->Set(kHour, value == 24 ? 0 : value); break;
    case 'K': fields->Set(kHourOfHalf, value); break;
    case 'h': fields->Set(kHourOfHalf, value == 12 ? 0 : value); break;
    case 'm': fields->Set(kMinute, value); break;
    case 's': fields->Set(kSecond, value); break;
    case 'S':
      fields->Set(kNanoOfSecond, java_text ? value * 1'000'000 : value);
      break;
    case 'n': fields->Set(kNanoOfSecond, value); break;
    case 'A': fields->Set(kNanoOfDay, value * 1'000'000); break;
    case 'N': fields->Set(kNanoOfDay, value); break;
    default: break;  // Weeks and quarters.
  }
}

// Digits at the front, as far as the text and 18 of them go.
int CountLeadingDigits(absl::string_view text) {
  int count = 0;
  while (count < static_cast<int>(text.size()) && text[count] >= '0' &&
         text[count] <= '9') {
    ++count;
  }
  return count;
}

bool TakeDigits(int count, TextCursor* in, int64_t* value) {
  if (count < 1 || count > 18) return false;
  *value = 0;
  for (; count > 0; --count) {
    int digit;
    if (!in->Number(1, 1, &digit)) return false;
    *value = *value * 10 + digit;
  }
  return true;
}

// java.time: fixed widths are exact; open ones take every digit but those that
// the following fixed ones need.
bool ReadStrictNumber(const PatternPiece& piece, TextCursor* in,
                      Fields* fields) {
  constexpr auto kDialect = PatternDialect::kDateTimeFormatter;
  const int digits = CountLeadingDigits(in->rest());
  const char letter = piece.letter;
  const bool year = letter == 'y' || letter == 'u' || letter == 'Y';
  int64_t value;
  if (letter == 'S') {
    int32_t nanos;
    if (digits < piece.width) return false;
    in->Fraction(piece.width, &nanos);
    Store(letter, nanos, kDialect, fields);
    return true;
  }
  const bool open = piece.width == 1 || (year && piece.width != 2) ||
                    letter == 'n' || letter == 'N' || letter == 'A';
  int count = piece.width;
  if (open) {
    count = digits - piece.reserved;
    if (count < piece.width) return false;
    if (year && piece.width >= 4 && count > piece.width) return false;
  } else if (letter == 'D') {
    count = std::clamp(digits - piece.reserved, int{piece.width}, 3);
  }
  if (digits < count || !TakeDigits(count, in, &value)) return false;
  if (year && piece.width == 2) value += 2000;
  if (letter == 'y' && value == 0) return false;  // There is no year 0 AD.
  if (letter == 'k' && value > 24) return false;
  if (letter == 'h' && value > 12) return false;
  Store(letter, value, kDialect, fields);
  return true;
}

// java.text: spaces may precede, and only an abutting field bounds the digits.
bool ReadLenientNumber(const PatternPiece& piece, TextCursor* in,
                       Fields* fields) {
  int limit = 9;
  if (piece.abutting) {
    if (static_cast<int>(in->rest().size()) < piece.width) return false;
    limit = std::min<int>(limit, piece.width);
  }
  while (in->peek() == ' ' || in->peek() == '\t') {
    in->Skip(in->peek());
    if (piece.abutting) --limit;
  }
  const bool negative = limit > 1 && in->Skip('-');
  if (negative && piece.abutting) --limit;
  const int digits = std::min(CountLeadingDigits(in->rest()), limit);
  int64_t value;
  if (!TakeDigits(digits, in, &value)) return false;
  if (piece.letter == 'y' && piece.width <= 2 && digits == 2 && !negative) {
    value += kTwoDigitYearStart / 100 * 100;
    if (value < kTwoDigitYearStart) value += 100;
  }
  Store(piece.letter, negative ? -value : value,
        PatternDialect::kSimpleDateFormat, fields);
  return true;
}

bool ReadPiece(const PatternPiece& piece, PatternDialect dialect,
               TextCursor* in, Fields* fields) {
  if (piece.letter == 0) return in->Skip(piece.literal);
  if (dialect == PatternDialect::kDateTimeFormatter) {
    return IsWord(piece, dialect) ? ReadWord(piece, dialect, in, fields)
                                  : ReadStrictNumber(piece, in, fields);
  }
  if (!IsWord(piece, dialect)) return ReadLenientNumber(piece, in, fields);
  while (in->peek() == ' ' || in->peek() == '\t') in->Skip(in->peek());
  return ReadWord(piece, dialect, in, fields);
}

bool AreValid(const Fields& fields) {
  return fields.InRange(kYear, 0, 9999) && fields.InRange(kMonth, 1, 12) &&
         fields.InRange(kDay, 1, 31) &&
         fields.InRange(kHour, 0, 24) && fields.InRange(kHourOfHalf, 0, 11) &&
         fields.InRange(kMinute, 0, 59) && fields.InRange(kSecond, 0, 59) &&
         fields.InRange(kNanoOfSecond, 0, 999'999'999) &&
         fields.InRange(kNanoOfDay, 0, kMillisPerDay * 1'000'000 - 1);
}

// The date of the year's `day`-th day.
bool FromDayOfYear(int year, int day, CivilDate* date) {
  if (day < 1 || day > (IsLeapYear(year) ? 366 : 365)) return false;
  *date = CivilFromDays(DaysFromCivil({year, 1, 1}) + day - 1);
  return true;
}

bool ResolveStrict(const Fields& fields, TimeNanos* out) {
  if (!AreValid(fields)) return false;
  CivilDate date{static_cast<int>(fields.Get(kYear, 1970)),
                 static_cast<int>(fields.Get(kMonth, 1)),
                 static_cast<int>(fields.Get(kDay, 1))};
  if (fields.Has(kYear) && fields.Has(kDayOfYear) && !fields.Has(kMonth) &&
      !FromDayOfYear(date.year, static_cast<int>(fields.Get(kDayOfYear, 1)),
                     &date)) {
    return false;
  }
  ClockTime time;
  if (fields.Has(kHour)) {
    time.hour = static_cast<int>(fields.Get(kHour, 0));
  } else if (fields.Has(kHalf)) {
    time.hour = static_cast<int>(fields.Get(kHourOfHalf, 0) +
                                 12 * fields.Get(kHalf, 0));
  }
  time.minute = static_cast<int>(fields.Get(kMinute, 0));
  time.second = static_cast<int>(fields.Get(kSecond, 0));
  time.nanos = static_cast<int32_t>(fields.Get(kNanoOfSecond, 0));
  const bool whole_date =
      fields.Has(kYear) && fields.Has(kMonth) && fields.Has(kDay);
  // Without a date there is no next day either.
  if (time.IsEndOfDay() && !whole_date) time.hour = 0;
  if (!ResolveSmart(date, time, out)) return false;
  const int64_t nano_of_day = fields.Get(kNanoOfDay, 0);
  out->millis += nano_of_day / 1'000'000;
  out->nanos += static_cast<int32_t>(nano_of_day % 1'000'000);
  return !whole_date || !fields.Has(kDayOfWeek) ||
         ExtractFromTimestamp(DateTimeUnit::kIsoDayOfWeek, *out) ==
             fields.Get(kDayOfWeek, 0) + 1;
}

bool ResolveLenient(const Fields& fields, TimeNanos* out) {
  const int64_t months =
      fields.Get(kYear, 1970) * 12 + fields.Get(kMonth, 1) - 1;
  const int64_t year = FloorDiv(months, 12);
  if (year < -1 || year > 10'000) return false;
  int64_t days = DaysFromCivil({static_cast<int>(year),
                                static_cast<int>(FloorMod(months, 12)) + 1,
                                1});
  if (fields.Has(kDayOfYear) && !fields.Has(kDay) && !fields.Has(kMonth)) {
    days += fields.Get(kDayOfYear, 1) - 1;
  } else {
    days += fields.Get(kDay, 1) - 1;
  }
  const int64_t hour =
      fields.Has(kHour)
          ? fields.Get(kHour, 0)
          : fields.Get(kHourOfHalf, 0) + 12 * fields.Get(kHalf, 0);
  const int64_t seconds = days * 86400 + hour * 3600 +
                          fields.Get(kMinute, 0) * 60 +
                          fields.Get(kSecond, 0);
  *out = {seconds * 1000 + fields.Get(kNanoOfSecond, 0) / 1'000'000, 0};
  return out->millis >= kMinTimestampMillis &&
         out->millis <= kMaxTimestampMillis;
}

}  // namespace

bool ParsePattern(const std::vector<PatternPiece>& pieces,
                  PatternDialect dialect, absl::string_view text,
                  TimeNanos* out) {
  TextCursor in(text);
  Fields fields;
  for (const PatternPiece& piece : pieces) {
    if (!ReadPiece(piece, dialect, &in, &fields)) return false;
  }
  if (dialect == PatternDialect::kSimpleDateFormat) {
    return ResolveLenient(fields, out);
  }
  return in.done() && ResolveStrict(fields, out);
}

}  // namespace millrace
