#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace millrace {

// A zone of table.local-time-zone or of a function's argument. An immutable
// value; LocalClock below holds the per-row state.
class TimeZone {
 public:
  TimeZone() = default;  // UTC

  // "UTC", "Z", "GMT+8", "UTC-03:30", "+08:00", "America/Los_Angeles", and
  // Java's three-letter ids ("PST"). Names are case-sensitive.
  static absl::StatusOr<TimeZone> Find(absl::string_view id);

  const std::string& id() const { return id_; }
  // True where local time is UTC plus a constant.
  bool is_fixed() const { return fixed_; }
  int64_t fixed_offset_millis() const { return offset_millis_; }
  const absl::TimeZone& zone() const { return zone_; }

 private:
  absl::TimeZone zone_ = absl::UTCTimeZone();
  std::string id_ = "UTC";
  bool fixed_ = true;
  int64_t offset_millis_ = 0;
};

// What a local time means that the clocks showed twice. One they skipped is
// always moved forward by the gap.
enum class Overlap : uint8_t {
  kEarlier = 0,  // java.time: CAST, TO_TIMESTAMP_LTZ.
  kLater = 1,    // java.util: UNIX_TIMESTAMP, CONVERT_TZ.
};

// Converts between UTC and local time in ms, remembering the stretch between
// two changes of the clock in which the last conversions fell. One per kernel;
// not thread-safe.
class LocalClock {
 public:
  explicit LocalClock(TimeZone zone) : zone_(std::move(zone)) {
    if (zone_.is_fixed()) offset_millis_ = zone_.fixed_offset_millis();
  }

  int64_t ToLocal(int64_t utc_millis) {
    if (zone_.is_fixed()) return utc_millis + offset_millis_;
    if (utc_millis < from_millis_ || utc_millis >= until_millis_) {
      Seek(utc_millis);
    }
    return utc_millis + offset_millis_;
  }

  int64_t ToUtc(int64_t local_millis, Overlap overlap = Overlap::kEarlier) {
    if (zone_.is_fixed()) return local_millis - offset_millis_;
    // A day away from any change of the clock nothing is ambiguous.
    const int64_t guess = local_millis - offset_millis_;
    if (guess - kMargin >= from_millis_ && guess + kMargin < until_millis_) {
      return guess;
    }
    return ToUtcNearChange(local_millis, overlap);
  }

  const TimeZone& zone() const { return zone_; }

 private:
  static constexpr int64_t kMargin = 86'400'000;

  void Seek(int64_t utc_millis);
  int64_t ToUtcNearChange(int64_t local_millis, Overlap overlap);

  TimeZone zone_;
  int64_t from_millis_ = 0;   // The stretch, [from, until); empty at first.
  int64_t until_millis_ = 0;
  int64_t offset_millis_ = 0;
};

}  // namespace millrace
