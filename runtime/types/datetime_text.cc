#include "runtime/types/datetime_text.h"

#include <algorithm>

#include "runtime/types/clock_text.h"
#include "runtime/types/text_cursor.h"

namespace millrace {
namespace {

// A plain number with spaces around, as Flink's older parsers take it.
bool TrimmedNumber(absl::string_view text, int* out) {
  while (!text.empty() && text.front() <= ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() <= ' ') text.remove_suffix(1);
  TextCursor in(text);
  return in.Number(1, 9, out) && in.done();
}

// Milliseconds of "1239": the fourth digit rounds, others are zero.
int RoundedMillis(absl::string_view text) {
  int millis = 0;
  int unit = 100;
  for (size_t i = 0; i < text.size() && unit > 0; ++i, unit /= 10) {
    if (text[i] >= '0' && text[i] <= '9') millis += unit * (text[i] - '0');
  }
  return millis + (text.size() > 3 && text[3] >= '5' ? 1 : 0);
}

// "12[:34[:56[.789]]]" without an offset, in ms.
bool ParseLooseClock(absl::string_view text, int32_t* millis) {
  int fields[3] = {0, 0, 0};
  int rounded = 0;
  size_t begin = 0;
  for (int i = 0; i < 3; ++i) {
    size_t end = text.find(i < 2 ? ':' : '.', begin);
    const bool last = end == absl::string_view::npos;
    end = std::min(end, text.size());
    if (!TrimmedNumber(text.substr(begin, end - begin), &fields[i])) {
      return false;
    }
    if (last) break;
    begin = end + 1;
    if (i == 2) rounded = RoundedMillis(text.substr(begin));
  }
  if (fields[0] > 23 || fields[1] > 59 || fields[2] > 59) return false;
  *millis = (fields[0] * 3600 + fields[1] * 60 + fields[2]) * 1000 + rounded;
  return true;
}

}  // namespace

char* WriteDate(int32_t days, char* out) {
  const CivilDate date = CivilFromDays(days);
  out = WriteTwoDigits(date.year / 100 % 100, out);
  out = WriteTwoDigits(date.year % 100, out);
  *out++ = '-';
  out = WriteTwoDigits(date.month, out);
  *out++ = '-';
  return WriteTwoDigits(date.day, out);
}

char* WriteTime(int32_t millis, int precision, char* out) {
  out = WriteClock(millis, out);
  if (precision == 0) return out;
  *out++ = '.';
  const int32_t nanos = millis % 1000 * 1'000'000;
  out = WriteFraction(nanos, std::min(precision, 3), out);
  while (out[-1] == '0' && out[-2] != '.') --out;
  return out;
}

char* WriteTimestamp(TimeNanos value, int precision, char* out) {
  const DayAndTime split = SplitMillis(value.millis);
  out = WriteDate(split.days, out);
  *out++ = ' ';
  out = WriteClock(split.millis, out);
  if (precision == 0) return out;
  *out++ = '.';
  return WriteFraction(NanosOfSecond(value), precision, out);
}

char* WriteTimestampMillis(int64_t millis, int precision, char* out) {
  return WriteTimestamp({millis, 0}, precision, out);
}

bool ParseDateText(absl::string_view text, int32_t* days) {
  const size_t space = text.find(' ');
  if (space != absl::string_view::npos && space > 0) {
    text = text.substr(0, space);
  }
  CivilDate date;
  int32_t* const fields[] = {&date.year, &date.month, &date.day};
  for (int32_t* field : fields) {
    const size_t hyphen = text.find('-');
    const bool last = field == &date.day || hyphen == absl::string_view::npos;
    if (!TrimmedNumber(last ? text : text.substr(0, hyphen), field)) {
      return false;
    }
    if (last) break;
    text.remove_prefix(hyphen + 1);
  }
  if (!IsValidDate(date)) return false;
  *days = DaysFromCivil(date);
  return true;
}

bool ParseTimeText(absl::string_view text, int precision, int32_t* millis) {
  int64_t offset = 0;
  size_t sign = text.find('-');
  const bool west = sign != absl::string_view::npos;
  if (!west) sign = text.find('+');
  if (sign != absl::string_view::npos) {
    const absl::string_view zone = text.substr(sign + 1);
    const size_t colon = zone.find(':');
    int hours = 0;
    int minutes = 0;
    if (!TrimmedNumber(zone.substr(0, colon), &hours) ||
        (colon != absl::string_view::npos &&
         !TrimmedNumber(zone.substr(colon + 1), &minutes))) {
      return false;
    }
    offset = (hours * int64_t{60} + minutes) * kMillisPerMinute;
    if (west) offset = -offset;
    text = text.substr(0, sign);
  }
  int32_t clock;
  if (!ParseLooseClock(text, &clock)) return false;
  clock = static_cast<int32_t>(TruncateMillis(clock, precision));
  *millis = AddToTime(clock, offset);
  return true;
}

bool ParseTimestampText(absl::string_view text, int precision,
                        TimeNanos* out) {
  TextCursor in(text);
  CivilDate date;
  ClockTime time;
  if (!in.Number(4, 4, &date.year) || !in.Skip('-') ||
      !in.Number(1, 2, &date.month) || !in.Skip('-') ||
      !in.Number(1, 2, &date.day)) {
    return false;
  }
  if (!in.done() &&
      (!in.Skip(' ') ||
       !ScanClock(&in, {.min_width = 1, .seconds_needed = true}, &time))) {
    return false;
  }
  if (!in.done() || date.year == 0 || !ResolveSmart(date, time, out)) {
    return false;
  }
  *out = TruncateNanos(*out, precision);
  return true;
}

}  // namespace millrace
