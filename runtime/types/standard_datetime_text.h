#pragma once

#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"
#include "runtime/types/datetime.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// The text of DATE, TIME and TIMESTAMP in Flink's formats (JSON, CSV, ...),
// written with as many fraction digits as it takes, parsed strictly. Writers
// return the end of what they wrote; `out` has room for
// kMaxDateTimeTextLength. No allocation. Parsers return false for text that
// Flink refuses; *out is then unspecified.

inline constexpr int kMaxDateTimeTextLength = 40;

// 'SQL' separates by a space, 'ISO-8601' by T.
enum class TimestampStandard : uint8_t { kSql = 0, kIso8601 = 1 };

struct StandardTextOptions {
  TimestampStandard standard = TimestampStandard::kSql;
  bool utc_suffix = false;  // TIMESTAMP_LTZ: a Z at the end.
};

char* WriteStandardTimestamp(TimeNanos value, StandardTextOptions options,
                             char* out);
char* WriteStandardTime(int32_t millis, char* out);

// "yyyy-MM-dd HH:mm:ss"; a dot and 0 to 9 digits may follow. 24:00:00 is the
// next day, and February 30 or the 31st of a short month is its last day, but
// not in ISO-8601 without Z, which on the other hand may leave the seconds out
// (with Z as well) and take a small t.
bool ParseStandardTimestamp(absl::string_view text,
                            StandardTextOptions options, TimeNanos* out);
// "HH:mm:ss[.f{0,9}]" under either standard; 24:00:00 is midnight.
bool ParseStandardTime(absl::string_view text, int32_t* millis);
// "yyyy-MM-dd" of a day that exists, under either standard.
bool ParseStandardDate(absl::string_view text, int32_t* days);

// The last date parsed, so that the next event of the same day skips it.
// One a column and decoder.
struct DateTextCache {
  char text[16] = {};  // The ten bytes, then zeros.
  int64_t millis = 0;  // The midnight they mean.
};

namespace datetime_text_internal {

bool ParseSqlMillisSlow(absl::string_view text, int64_t* millis);
bool FillDateCache(const char* text, DateTextCache* cache);

template <typename T>
T Load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

}  // namespace datetime_text_internal

// Every JSON event's: ParseStandardTimestamp in 'SQL' form, cut to ms. 23
// bytes "yyyy-MM-dd HH:mm:ss.SSS" of the cached day take a few nanoseconds;
// everything else takes the way above. Reads only text's own bytes.
inline bool ParseSqlTimestampMillis(absl::string_view text,
                                    DateTextCache* cache, int64_t* millis) {
  namespace internal = datetime_text_internal;
  if (text.size() != 23) [[unlikely]] {
    return internal::ParseSqlMillisSlow(text, millis);
  }
  const char* at = text.data();
  if (internal::Load<uint64_t>(at) != internal::Load<uint64_t>(cache->text) ||
      internal::Load<uint16_t>(at + 8) !=
          internal::Load<uint16_t>(cache->text + 8)) [[unlikely]] {
    if (!internal::FillDateCache(at, cache)) {
      return internal::ParseSqlMillisSlow(text, millis);
    }
  }
  // "HH:mm:ss": after XOR with "00:00:00" digits are 0-9 and colons 0.
  const uint64_t hms =
      internal::Load<uint64_t>(at + 11) ^ 0x30303A30303A3030;
  // ".SSS" likewise.
  const uint32_t fraction = internal::Load<uint32_t>(at + 19) ^ 0x3030302E;
  const uint64_t bad_hms =
      (hms | (hms + 0x0606000606000606)) & 0xF0F0FFF0F0FFF0F0;
  const uint32_t bad_fraction =
      (fraction | (fraction + 0x06060600)) & 0xF0F0F0FF;
  // Tens and ones meet in bytes 0, 3 and 6.
  const uint64_t pairs = hms * 10 + (hms >> 8);
  const uint32_t hour = pairs & 0xFF;
  const uint32_t minute = (pairs >> 24) & 0xFF;
  const uint32_t second = (pairs >> 48) & 0xFF;
  if (bad_hms != 0 || bad_fraction != 0 || at[10] != ' ' || hour > 23 ||
      minute > 59 || second > 59) [[unlikely]] {
    return internal::ParseSqlMillisSlow(text, millis);
  }
  *millis = cache->millis + hour * kMillisPerHour +
            minute * kMillisPerMinute + second * kMillisPerSecond +
            ((fraction >> 8) & 0xFF) * 100 + ((fraction >> 16) & 0xFF) * 10 +
            (fraction >> 24);
  return true;
}

}  // namespace millrace
