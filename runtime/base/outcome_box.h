#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

// A mailbox for what comes back from an Executor to one who may be gone by
// then: held by both, and closed by whoever leaves. After Close what is posted
// is dropped, and nobody is woken any more, also by a Post under way.
//
// `wake` is called with the lock held, so it may not post here. Thread-safe.
template <typename Outcome>
class OutcomeBox {
 public:
  explicit OutcomeBox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void Post(Outcome outcome) {
    VisibleMutexLock lock(&mutex_);
    if (closed_) return;
    outcomes_.push_back(std::move(outcome));
    wake_();
  }

  bool is_empty() const {
    VisibleMutexLock lock(&mutex_);
    return outcomes_.empty();
  }

  // Everything posted so far, maybe nothing.
  std::vector<Outcome> TakeAll() {
    VisibleMutexLock lock(&mutex_);
    return std::exchange(outcomes_, {});
  }

  void Close() {
    VisibleMutexLock lock(&mutex_);
    closed_ = true;
    outcomes_.clear();
  }

 private:
  const std::function<void()> wake_;
  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Outcome> outcomes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
