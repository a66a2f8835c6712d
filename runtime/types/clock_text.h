#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "runtime/types/datetime.h"
#include "runtime/types/logical_type.h"
#include "runtime/types/text_cursor.h"

namespace millrace {

// The pieces that every text of DATE, TIME and TIMESTAMP is made of.

inline char* WriteTwoDigits(int value, char* out) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
  return out + 2;
}

// "HH:mm:ss"
inline char* WriteClock(int32_t millis, char* out) {
  const int seconds = millis / 1000;
  out = WriteTwoDigits(seconds / 3600, out);
  *out++ = ':';
  out = WriteTwoDigits(seconds / 60 % 60, out);
  *out++ = ':';
  return WriteTwoDigits(seconds % 60, out);
}

inline char* WriteThreeDigits(int value, char* out) {
  out[0] = static_cast<char>('0' + value / 100);
  return WriteTwoDigits(value % 100, out + 1);
}

// The first `digits` of nine.
inline char* WriteFraction(int32_t nanos, int digits, char* out) {
  // Milliseconds are what most timestamps have.
  if (digits == 3) return WriteThreeDigits(nanos / 1'000'000, out);
  char nine[9];
  WriteThreeDigits(nanos / 1'000'000, nine);
  WriteThreeDigits(nanos / 1000 % 1000, nine + 3);
  WriteThreeDigits(nanos % 1000, nine + 6);
  std::memcpy(out, nine, digits);
  return out + digits;
}

inline int32_t NanosOfSecond(TimeNanos value) {
  return static_cast<int32_t>(FloorMod(value.millis, 1000)) * 1'000'000 +
         value.nanos;
}

struct ClockTime {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int32_t nanos = 0;

  bool InRange() const { return hour <= 23 && minute <= 59 && second <= 59; }
  // 24:00:00 exactly stands for the next midnight.
  bool IsEndOfDay() const {
    return hour == 24 && minute == 0 && second == 0 && nanos == 0;
  }
};

// "H[H]:m[m]:s[s][.f{0,9}]".
struct ClockForm {
  int min_width = 2;
  bool seconds_needed = true;
};

inline bool ScanClock(TextCursor* in, ClockForm form, ClockTime* time) {
  if (!in->Number(form.min_width, 2, &time->hour) || !in->Skip(':') ||
      !in->Number(form.min_width, 2, &time->minute)) {
    return false;
  }
  if (!form.seconds_needed && in->done()) return true;
  if (!in->Skip(':') || !in->Number(form.min_width, 2, &time->second)) {
    return false;
  }
  return !in->Skip('.') || in->Fraction(9, &time->nanos);
}

// java.time's SMART resolution: a day that the month lacks is its last, up to
// the 31st; 24:00:00 is the next day.
inline bool ResolveSmart(CivilDate date, const ClockTime& time,
                         TimeNanos* out) {
  if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31 ||
      (!time.InRange() && !time.IsEndOfDay())) {
    return false;
  }
  date.day = std::min(date.day, DaysInMonth(date.year, date.month));
  const int64_t seconds = DaysFromCivil(date) * int64_t{86400} +
                          time.hour * 3600 + time.minute * 60 + time.second;
  *out = {seconds * 1000 + time.nanos / 1'000'000, time.nanos % 1'000'000};
  return true;
}

}  // namespace millrace
