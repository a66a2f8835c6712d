#include "runtime/types/standard_datetime_text.h"

#include "runtime/types/clock_text.h"
#include "runtime/types/datetime_text.h"
#include "runtime/types/text_cursor.h"

namespace millrace {
namespace {

// As many digits as it takes, with their dot; nothing for 0.
char* WriteTrimmedFraction(int32_t nanos, char* out) {
  if (nanos == 0) return out;
  *out++ = '.';
  out = WriteFraction(nanos, 9, out);
  while (out[-1] == '0') --out;
  return out;
}

bool ScanDate(TextCursor* in, CivilDate* date) {
  return in->Number(4, 4, &date->year) && in->Skip('-') &&
         in->Number(2, 2, &date->month) && in->Skip('-') &&
         in->Number(2, 2, &date->day);
}

}  // namespace

char* WriteStandardTimestamp(TimeNanos value, StandardTextOptions options,
                             char* out) {
  const DayAndTime split = SplitMillis(value.millis);
  out = WriteDate(split.days, out);
  *out++ = options.standard == TimestampStandard::kSql ? ' ' : 'T';
  out = WriteClock(split.millis, out);
  out = WriteTrimmedFraction(NanosOfSecond(value), out);
  if (options.utc_suffix) *out++ = 'Z';
  return out;
}

char* WriteStandardTime(int32_t millis, char* out) {
  return WriteTrimmedFraction(millis % 1000 * 1'000'000,
                              WriteClock(millis, out));
}

bool ParseStandardTimestamp(absl::string_view text,
                            StandardTextOptions options, TimeNanos* out) {
  const bool iso = options.standard == TimestampStandard::kIso8601;
  if (options.utc_suffix) {
    if (text.empty() || text.back() != 'Z') return false;
    text.remove_suffix(1);
  }
  const bool strict = iso && !options.utc_suffix;
  TextCursor in(text);
  CivilDate date;
  ClockTime time;
  if (!ScanDate(&in, &date) ||
      !(in.Skip(iso ? 'T' : ' ') || (strict && in.Skip('t'))) ||
      !ScanClock(&in, {.seconds_needed = !iso}, &time) || !in.done()) {
    return false;
  }
  if (strict && !(IsValidDate(date) && time.InRange())) return false;
  return ResolveSmart(date, time, out);
}

bool ParseStandardTime(absl::string_view text, int32_t* millis) {
  TextCursor in(text);
  ClockTime time;
  TimeNanos of_the_epoch;
  if (!ScanClock(&in, {}, &time) || !in.done() ||
      !ResolveSmart({}, time, &of_the_epoch)) {
    return false;
  }
  *millis = SplitMillis(of_the_epoch.millis).millis;
  return true;
}

bool ParseStandardDate(absl::string_view text, int32_t* days) {
  TextCursor in(text);
  CivilDate date;
  if (!ScanDate(&in, &date) || !in.done() || !IsValidDate(date)) return false;
  *days = DaysFromCivil(date);
  return true;
}

namespace datetime_text_internal {

bool ParseSqlMillisSlow(absl::string_view text, int64_t* millis) {
  TimeNanos value;
  if (!ParseStandardTimestamp(text, {}, &value)) return false;
  *millis = value.millis;
  return true;
}

bool FillDateCache(const char* text, DateTextCache* cache) {
  int32_t days;
  if (!ParseStandardDate({text, 10}, &days)) return false;
  std::memcpy(cache->text, text, 10);
  cache->millis = days * kMillisPerDay;
  return true;
}

}  // namespace datetime_text_internal
}  // namespace millrace
