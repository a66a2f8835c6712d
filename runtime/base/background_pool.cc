#include "runtime/base/background_pool.h"

#include <utility>

#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

BackgroundPool::BackgroundPool(int threads) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { RunUntilStopped(); });
  }
}

BackgroundPool::~BackgroundPool() {
  {
    VisibleMutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void BackgroundPool::Post(std::function<void()> work) {
  VisibleMutexLock lock(&mutex_);
  queue_.push_back(std::move(work));
}

void BackgroundPool::RunUntilStopped() {
  while (true) {
    std::function<void()> work;
    {
      VisibleMutexLock lock(&mutex_);
      const auto has_news = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        // Await lets any thread look, with the mutex held.
        SeeLocked(&mutex_);
        const bool has = stopping_ || !queue_.empty();
        SeeUnlocking(&mutex_);
        return has;
      };
      SeeUnlocking(&mutex_);
      mutex_.Await(absl::Condition(&has_news));
      SeeLocked(&mutex_);
      if (stopping_) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace millrace
