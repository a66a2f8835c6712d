#include "runtime/operators/window_clock.h"

#include <cstring>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/types/datetime.h"

namespace millrace {

absl::StatusOr<WindowClock> WindowClock::Make(const WindowSpec& spec) {
  if (!spec.local_time) return WindowClock(false, TimeZone());
  ASSIGN_OR_RETURN(TimeZone zone, TimeZone::Find(spec.time_zone));
  const bool utc = zone.is_fixed() && zone.fixed_offset_millis() == 0;
  return WindowClock(!utc, std::move(zone));
}

int64_t WindowClock::DueAt(int64_t window_end) {
  const int64_t last = window_end - 1;
  if (!local_) return last;
  const int64_t early = clock_.ToUtc(last, Overlap::kEarlier);
  if (clock_.zone().is_fixed()) return early;
  const int64_t hour_later =
      clock_.ToUtc(last + kMillisPerHour, Overlap::kEarlier);
  if (hour_later == early) return early - FloorMod(early, kMillisPerHour);
  if (hour_later - early > kMillisPerHour) return early + kMillisPerHour;
  return early;
}

bool WindowClock::ReadTimes(const Vector& column, const LogicalType& type,
                            Selection rows, int64_t* times, uint8_t* nulls) {
  const uint32_t mask = column.index_mask();
  if (column.physical() == PhysicalType::kTimeNanos) {
    const auto* values = column.data<TimeNanos>();
    for (uint32_t i = 0; i < rows.size(); ++i) {
      times[i] = values[rows[i] & mask].millis;
    }
  } else {
    const auto* values = column.data<int64_t>();
    for (uint32_t i = 0; i < rows.size(); ++i) {
      times[i] = values[rows[i] & mask];
    }
    if (type.precision() > 3) {
      for (uint32_t i = 0; i < rows.size(); ++i) {
        times[i] = MillisFromMicros(times[i]);
      }
    }
  }
  bool any_null = false;
  std::memset(nulls, 0, rows.size());
  if (column.may_have_nulls()) {
    for (uint32_t i = 0; i < rows.size(); ++i) {
      nulls[i] = column.IsNull(rows[i]);
      any_null |= nulls[i] != 0;
    }
  }
  if (local_) {
    for (uint32_t i = 0; i < rows.size(); ++i) {
      times[i] = clock_.ToLocal(times[i]);
    }
  }
  return any_null;
}

}  // namespace millrace
