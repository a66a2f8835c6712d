#include "jobmanager/rest/rest_page.h"

namespace millrace {

int64_t RestMillis(absl::Time time) {
  const bool known =
      time != absl::InfinitePast() && time != absl::InfiniteFuture();
  return known ? absl::ToUnixMillis(time) : -1;
}

int64_t RestMillisBetween(absl::Time from, absl::Time until, absl::Time now) {
  if (from == absl::InfinitePast()) return -1;
  const absl::Time end = until == absl::InfiniteFuture() ? now : until;
  return absl::ToInt64Milliseconds(end - from);
}

}  // namespace millrace
