#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/batch/batch.h"
#include "runtime/plan/operator_spec.h"
#include "runtime/types/time_zone.h"

namespace millrace {

// Between event times, which are UTC, and the milliseconds that windows are
// cut by: the same ones for TIMESTAMP, local ones for TIMESTAMP_LTZ. Owned by
// one operator.
class WindowClock {
 public:
  // kInvalidArgument: no such time zone.
  static absl::StatusOr<WindowClock> Make(const WindowSpec& spec);

  int64_t ToWindow(int64_t utc_ms) {
    return local_ ? clock_.ToLocal(utc_ms) : utc_ms;
  }
  int64_t ToUtc(int64_t window_ms) {
    return local_ ? clock_.ToUtc(window_ms) : window_ms;
  }
  // The watermark at which a window that ends at `window_end` is due. A local
  // hour that the clocks show twice ends with its second showing, one that
  // they skip ends where the gap begins.
  int64_t DueAt(int64_t window_end);

  // times[i] = the time of row rows[i] of `column`, in window milliseconds;
  // nulls[i] != 0 where it is NULL. Returns whether there is any NULL.
  bool ReadTimes(const Vector& column, const LogicalType& type, Selection rows,
                 int64_t* times, uint8_t* nulls);

 private:
  WindowClock(bool local, TimeZone zone)
      : local_(local), clock_(std::move(zone)) {}

  bool local_;
  LocalClock clock_;
};

}  // namespace millrace
