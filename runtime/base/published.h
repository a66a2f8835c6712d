#pragma once

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

// The latest of a value's versions, each immutable: one thread sets it, any
// read it and keep what they read as long as they like. Not null. Thread-safe.
template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first)
      : latest_(std::move(first)) {}

  void Set(std::shared_ptr<const T> latest) {
    VisibleMutexLock lock(&mutex_);
    latest_.swap(latest);  // The one before dies outside the lock.
  }
  std::shared_ptr<const T> Get() const {
    VisibleMutexLock lock(&mutex_);
    return latest_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const T> latest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
