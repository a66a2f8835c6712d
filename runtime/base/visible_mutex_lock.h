#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace millrace {

// Tells ThreadSanitizer what a lock of `mutex` orders: the packaged Abseil is
// built without it, and would have it report races where there are none.
inline void SeeLocked([[maybe_unused]] absl::Mutex* mutex) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(mutex);
#endif
}
inline void SeeUnlocking([[maybe_unused]] absl::Mutex* mutex) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(mutex);
#endif
}

// An absl::MutexLock that ThreadSanitizer sees too.
class ABSL_SCOPED_LOCKABLE VisibleMutexLock {
 public:
  explicit VisibleMutexLock(absl::Mutex* mutex)
      ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock();
    SeeLocked(mutex_);
  }
  VisibleMutexLock(const VisibleMutexLock&) = delete;
  VisibleMutexLock& operator=(const VisibleMutexLock&) = delete;
  ~VisibleMutexLock() ABSL_UNLOCK_FUNCTION() {
    SeeUnlocking(mutex_);
    mutex_->Unlock();
  }

 private:
  absl::Mutex* const mutex_;
};

}  // namespace millrace
