#include "jobmanager/source_discoveries.h"

#include <algorithm>

#include "runtime/base/status_macros.h"

namespace millrace {

absl::Status SourceDiscoveries::Renew() {
  due_.clear();
  for (const auto& [source, make] : make_) {
    ASSIGN_OR_RETURN(discoveries_[source], make());
  }
  return absl::OkStatus();
}

void SourceDiscoveries::Schedule(VertexId source, absl::Duration after) {
  due_.push_back(
      {source, clock_->SteadyNanos() + absl::ToInt64Nanoseconds(after)});
}

int64_t SourceDiscoveries::StartDue(const Found& found) {
  const int64_t now = clock_->SteadyNanos();
  int64_t next_nanos = INT64_MAX;
  std::erase_if(due_, [&](const Due& due) {
    if (due.at_nanos > now) {
      next_nanos = std::min(next_nanos, due.at_nanos);
      return false;
    }
    background_->Post([found, source = due.source,
                       discovery = discoveries_[due.source]] {
      found(source, discovery->Discover());
    });
    return true;
  });
  return next_nanos;
}

}  // namespace millrace
