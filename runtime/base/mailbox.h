#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

// The door for control: messages posted from any thread, taken by the owner in
// the order of posting. Unbounded, because those who post are few and bounded
// themselves (one message a request in flight).
template <typename Message>
class Mailbox {
 public:
  // `wake` is called after each Post, on the poster's thread: thread-safe.
  explicit Mailbox(std::function<void()> wake = [] {})
      : wake_(std::move(wake)) {}

  void Post(Message message) {
    {
      VisibleMutexLock lock(&mutex_);
      messages_.push_back(std::move(message));
    }
    wake_();
  }

  // Everything posted so far, maybe nothing.
  std::vector<Message> TakeAll() {
    VisibleMutexLock lock(&mutex_);
    return std::exchange(messages_, {});
  }

 private:
  const std::function<void()> wake_;
  absl::Mutex mutex_;
  std::vector<Message> messages_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
