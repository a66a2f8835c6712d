#include "runtime/base/background_pool.h"

#include <utility>

namespace millrace {

BackgroundPool::BackgroundPool(int threads) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { RunUntilStopped(); });
  }
}

BackgroundPool::~BackgroundPool() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void BackgroundPool::Post(std::function<void()> work) {
  absl::MutexLock lock(&mutex_);
  queue_.push_back(std::move(work));
}

void BackgroundPool::RunUntilStopped() {
  while (true) {
    std::function<void()> work;
    {
      absl::MutexLock lock(&mutex_);
      const auto has_news = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !queue_.empty();
      };
      mutex_.Await(absl::Condition(&has_news));
      if (stopping_) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace millrace
