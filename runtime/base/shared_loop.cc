#include "runtime/base/shared_loop.h"

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {
namespace {

// Outlives the call for helpers that come late: they find no turn left, and
// touch nothing else.
class SharedLoop {
 public:
  SharedLoop(int count, absl::FunctionRef<void(int)> turn)
      : count_(count), turn_(turn) {}

  void TakePart() {
    for (int turn = Take(); turn < count_; turn = Take()) {
      turn_(turn);
      VisibleMutexLock lock(&mutex_);
      ++ended_;
    }
  }
  void AwaitEnd() {
    VisibleMutexLock lock(&mutex_);
    const auto has_ended = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      SeeLocked(&mutex_);
      const bool has = ended_ == count_;
      SeeUnlocking(&mutex_);
      return has;
    };
    SeeUnlocking(&mutex_);
    mutex_.Await(absl::Condition(&has_ended));
    SeeLocked(&mutex_);
  }

 private:
  int Take() {
    VisibleMutexLock lock(&mutex_);
    return next_ < count_ ? next_++ : count_;
  }

  const int count_;
  const absl::FunctionRef<void(int)> turn_;
  absl::Mutex mutex_;
  int next_ ABSL_GUARDED_BY(mutex_) = 0;
  int ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

void RunSharedLoop(Executor* helpers, int count,
                   absl::FunctionRef<void(int)> turn) {
  const auto loop = std::make_shared<SharedLoop>(count, turn);
  for (int i = 1; i < count && helpers != nullptr; ++i) {
    helpers->Post([loop] { loop->TakePart(); });
  }
  loop->TakePart();
  loop->AwaitEnd();
}

}  // namespace millrace
