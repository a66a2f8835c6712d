#include "connectors/kafka/exactly_once/tries.h"

#include <algorithm>
#include <utility>

namespace millrace::kafka {
namespace {

absl::Duration Doubled(absl::Duration first, int times) {
  // 2^16 is beyond the longest waits.
  return first * (1 << std::clamp(times - 1, 0, 16));
}

}  // namespace

absl::Duration Tries::TakeWait() {
  if (!std::exchange(waits_, false)) return absl::ZeroDuration();
  return is_refused() ? std::min(kLongestParkedWait,
                                 Doubled(kFirstParkedWait, refusals_))
                      : std::min(kLongestWait, Doubled(kFirstWait, in_a_row_));
}

}  // namespace millrace::kafka
