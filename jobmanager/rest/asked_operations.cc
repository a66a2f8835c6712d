#include "jobmanager/rest/asked_operations.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

absl::StatusOr<bool> AskedOperations::Begin(const Key& key) {
  VisibleMutexLock lock(&mutex_);
  if (operations_.contains(key)) return false;
  if (operations_.size() - ended_.size() >= kMostUnderWay) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     {.code = "JOB-0107",
                      .what = absl::StrCat(kMostUnderWay, " savepoints and "
                                           "checkpoints are under way"),
                      .where = absl::StrCat("job ", key.job_id),
                      .why = {},
                      .fix = "Wait for those that were asked for."});
  }
  operations_.emplace(key, std::nullopt);
  return true;
}

void AskedOperations::End(const Key& key, Outcome outcome) {
  VisibleMutexLock lock(&mutex_);
  const auto found = operations_.find(key);
  if (found == operations_.end() || found->second.has_value()) return;
  found->second = std::move(outcome);
  ended_.push_back(key);
  if (ended_.size() <= kMostKept) return;
  operations_.erase(ended_.front());
  ended_.pop_front();
}

AskedOperations::State AskedOperations::Look(const Key& key) const {
  VisibleMutexLock lock(&mutex_);
  const auto found = operations_.find(key);
  if (found == operations_.end()) return {};
  if (!found->second.has_value()) return {.progress = Progress::kInProgress};
  return {.progress = Progress::kEnded, .outcome = *found->second};
}

std::string NewTriggerId() {
  std::random_device entropy;
  std::string id;
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&id, absl::Hex(entropy(), absl::kZeroPad8));
  }
  return id;
}

}  // namespace millrace
