#include "runtime/operators/sink_committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

absl::Duration DelayAfter(int tries) {
  // Ten doublings are beyond the longest delay.
  return std::min(SinkCommitter::kLongestDelay,
                  SinkCommitter::kFirstDelay * (1 << std::min(tries - 1, 10)));
}

}  // namespace

SinkCommitter::Actions SinkCommitter::Step(Event event, int64_t now_nanos) {
  if (auto* restored = std::get_if<Restored>(&event)) {
    MILLRACE_CHECK(pending_.empty());
    for (Epoch& epoch : restored->epochs) {
      if (epoch.committables.empty()) continue;
      completed_ = std::max(completed_, epoch.checkpoint);
      pending_.push_back(std::move(epoch));
    }
    restored_ = pending_.size();
  } else if (auto* sealed = std::get_if<Sealed>(&event)) {
    if (!sealed->epoch.committables.empty()) {
      pending_.push_back(std::move(sealed->epoch));
    }
  } else if (auto* completed = std::get_if<Completed>(&event)) {
    completed_ = std::max(completed_, completed->checkpoint);
  } else if (auto* committed = std::get_if<Committed>(&event)) {
    absl::Status failed = OnCommitted(committed->status, now_nanos);
    if (!failed.ok()) return {.failed = std::move(failed)};
  }
  return Begin(now_nanos);
}

absl::Status SinkCommitter::OnCommitted(const absl::Status& status,
                                        int64_t now_nanos) {
  const size_t count = std::exchange(committing_, 0);
  if (status.ok()) {
    pending_.erase(pending_.begin(), pending_.begin() + count);
    restored_ -= std::min(restored_, count);
    tries_ = 0;
    return absl::OkStatus();
  }
  if (!absl::IsUnavailable(status)) return status;
  if (++tries_ >= kMostTries) {
    return Annotate(status, absl::StrCat("not committed after ", tries_,
                                         " tries"));
  }
  retry_nanos_ = now_nanos + absl::ToInt64Nanoseconds(DelayAfter(tries_));
  return absl::OkStatus();
}

SinkCommitter::Actions SinkCommitter::Begin(int64_t now_nanos) {
  if (is_committing()) return {};
  if (retry_nanos_ != INT64_MAX && now_nanos < retry_nanos_) return {};
  retry_nanos_ = INT64_MAX;
  // What was restored is a call of its own: a checkpoint waits for it.
  committing_ = is_restoring() ? restored_ : DueCount();
  Actions actions;
  for (size_t i = 0; i < committing_; ++i) {
    const std::vector<Committable>& epoch = pending_[i].committables;
    actions.commit.insert(actions.commit.end(), epoch.begin(), epoch.end());
  }
  return actions;
}

size_t SinkCommitter::DueCount() const {
  size_t count = 0;
  while (count < pending_.size() &&
         pending_[count].checkpoint <= completed_) {
    ++count;
  }
  return std::max(count, restored_);
}

}  // namespace millrace
