#include "runtime/types/pattern_writer.h"

#include <cstring>

#include "absl/strings/string_view.h"
#include "runtime/types/calendar_names.h"
#include "runtime/types/clock_text.h"
#include "runtime/types/datetime.h"

namespace millrace {
namespace {

char* WriteText(absl::string_view text, char* out) {
  if (text.size() == 1) {  // Most separators; no call for them.
    *out = text[0];
    return out + 1;
  }
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// At least `width` digits. REQUIRES: value >= 0.
char* WritePadded(int64_t value, int width, char* out) {
  if (width == 2 && value < 100) {
    return WriteTwoDigits(static_cast<int>(value), out);
  }
  if (width == 4 && value < 10'000) {
    out = WriteTwoDigits(static_cast<int>(value / 100), out);
    return WriteTwoDigits(static_cast<int>(value % 100), out);
  }
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (; width > count; --width) *out++ = '0';
  while (count > 0) *out++ = digits[--count];
  return out;
}

// A name in full, by its first three letters, or by its first one.
char* WriteName(absl::string_view name, int width, bool narrow_form,
                char* out) {
  if (width <= 3) return WriteText(name.substr(0, 3), out);
  return WriteText(width == 5 && narrow_form ? name.substr(0, 1) : name, out);
}

// The fields of one value, the calendar's taken apart once.
class Moment {
 public:
  Moment(TimeNanos value, PatternDialect dialect)
      : split_(SplitMillis(value.millis)),
        date_(CivilFromDays(split_.days)),
        nano_of_second_(NanosOfSecond(value)),
        sub_milli_nanos_(value.nanos),
        java_text_(dialect == PatternDialect::kSimpleDateFormat) {}

  char* Write(char letter, int width, char* out) const {
    switch (letter) {
      case 'y': return WriteYear(YearOfEra(), width, out);
      case 'u':
        return java_text_ ? WritePadded(IsoDayOfWeek(), width, out)
                          : WriteYear(date_.year, width, out);
      case 'M':
      case 'L':
        return width < 3 ? WritePadded(date_.month, width, out)
                         : WriteName(kMonthNames[date_.month - 1], width,
                                     !java_text_, out);
      case 'd': return WritePadded(date_.day, width, out);
      case 'D': return Extracted(DateTimeUnit::kDayOfYear, width, out);
      case 'E':
        return WriteName(kDayNames[IsoDayOfWeek() - 1], width, !java_text_,
                         out);
      case 'e':
      case 'c':
        return width < 3
                   ? WritePadded(IsoDayOfWeek() % 7 + 1, width, out)
                   : WriteName(kDayNames[IsoDayOfWeek() - 1], width, true,
                               out);
      case 'F':
        // The day of a week counted from the 1st, or that week's number.
        return WritePadded(java_text_ ? (date_.day - 1) / 7 + 1
                                      : (date_.day - 1) % 7 + 1,
                           width, out);
      case 'Q':
      case 'q': return WriteQuarter(width, out);
      case 'G': return WriteEra(width, out);
      case 'Y':
      case 'w':
      case 'W': return WriteWeekField(letter, width, out);
      default: return WriteTimeField(letter, width, out);
    }
  }

 private:
  int Hour() const { return split_.millis / 3'600'000; }
  int IsoDayOfWeek() const {
    return static_cast<int>(
        ExtractFromDate(DateTimeUnit::kIsoDayOfWeek, split_.days));
  }
  // Days since Sunday.
  static int SinceSunday(int32_t days) {
    return static_cast<int>(FloorMod(int64_t{days} + 4, 7));
  }
  int YearOfEra() const {
    return date_.year > 0 ? date_.year : 1 - date_.year;
  }
  char* Extracted(DateTimeUnit unit, int width, char* out) const {
    return WritePadded(ExtractFromDate(unit, split_.days), width, out);
  }

  static char* WriteYear(int year, int width, char* out) {
    return width == 2 ? WriteTwoDigits(year % 100, out)
                      : WritePadded(year, width, out);
  }

  char* WriteTimeField(char letter, int width, char* out) const {
    const int millis = split_.millis;
    const int hour = Hour();
    switch (letter) {
      case 'H': return WritePadded(hour, width, out);
      case 'k': return WritePadded(hour == 0 ? 24 : hour, width, out);
      case 'K': return WritePadded(hour % 12, width, out);
      case 'h':
        return WritePadded(hour % 12 == 0 ? 12 : hour % 12, width, out);
      case 'm': return WritePadded(millis / 60'000 % 60, width, out);
      case 's': return WritePadded(millis / 1000 % 60, width, out);
      case 'S':
        return java_text_ ? WritePadded(millis % 1000, width, out)
                          : WriteFraction(nano_of_second_, width, out);
      case 'n': return WritePadded(nano_of_second_, width, out);
      case 'A': return WritePadded(millis, width, out);
      case 'N':
        return WritePadded(millis * int64_t{1'000'000} + sub_milli_nanos_,
                           width, out);
      default: return WriteText(hour < 12 ? "AM" : "PM", out);  // a
    }
  }

  char* WriteQuarter(int width, char* out) const {
    const int quarter = (date_.month + 2) / 3;
    if (width < 3 || width == 5) {
      return WritePadded(quarter, width == 5 ? 1 : width, out);
    }
    if (width == 3) return WritePadded(quarter, 1, WriteText("Q", out));
    constexpr absl::string_view kSuffixes[] = {"st", "nd", "rd", "th"};
    out = WriteText(kSuffixes[quarter - 1], WritePadded(quarter, 1, out));
    return WriteText(" quarter", out);
  }

  char* WriteEra(int width, char* out) const {
    const bool ad = date_.year > 0;
    if (!java_text_ && width == 4) {
      return WriteText(ad ? "Anno Domini" : "Before Christ", out);
    }
    if (!java_text_ && width == 5) return WriteText(ad ? "A" : "B", out);
    return WriteText(ad ? "AD" : "BC", out);
  }

  // The week's year is that of its Saturday.
  char* WriteWeekField(char letter, int width, char* out) const {
    if (letter == 'W') {
      const int first = SinceSunday(split_.days - date_.day + 1);
      return WritePadded((date_.day + first - 1) / 7 + 1, width, out);
    }
    const int32_t sunday = split_.days - SinceSunday(split_.days);
    const int year = CivilFromDays(sunday + 6).year;
    if (letter == 'Y') return WriteYear(year, width, out);
    const int32_t january = DaysFromCivil({year, 1, 1});
    const int32_t first_sunday = january - SinceSunday(january);
    return WritePadded((sunday - first_sunday) / 7 + 1, width, out);
  }

  DayAndTime split_;
  CivilDate date_;
  int32_t nano_of_second_;
  int32_t sub_milli_nanos_;
  bool java_text_;
};

}  // namespace

char* WritePattern(const std::vector<PatternPiece>& pieces,
                   PatternDialect dialect, TimeNanos value, char* out) {
  const Moment moment(value, dialect);
  for (const PatternPiece& piece : pieces) {
    out = piece.letter == 0 ? WriteText(piece.literal, out)
                            : moment.Write(piece.letter, piece.width, out);
  }
  return out;
}

}  // namespace millrace
