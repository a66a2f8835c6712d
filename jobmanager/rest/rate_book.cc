#include "jobmanager/rest/rate_book.h"

#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

double RateBook::Rate(const std::string& name, int64_t count,
                      absl::Time began, absl::Time now) {
  VisibleMutexLock lock(&mutex_);
  Forget(now);
  const Look start = {.at = began, .count = 0};
  Look before = start;
  const auto known = looks_.find(name);
  if (known != looks_.end()) {
    Looks& looks = known->second;
    // A new attempt counts anew.
    if (count < looks.latest.count) looks = {.before = start, .latest = start};
    if (now - looks.latest.at >= kShortest) {
      looks.before = looks.latest;
      looks.latest = {.at = now, .count = count};
    }
    before = looks.before;
  } else if (looks_.size() < kMostCounters) {
    looks_[name] = {.before = start, .latest = {.at = now, .count = count}};
  }
  const double seconds = absl::ToDoubleSeconds(now - before.at);
  return seconds > 0 ? static_cast<double>(count - before.count) / seconds : 0;
}

void RateBook::Forget(absl::Time now) {
  if (now - forgot_at_ < kLongest) return;
  forgot_at_ = now;
  std::erase_if(looks_, [&](const auto& entry) {
    return now - entry.second.latest.at > kLongest;
  });
}

}  // namespace millrace
