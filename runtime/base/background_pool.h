#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/executor.h"

namespace millrace {

// The door to threads that may block: uploads, fsync, listing directories,
// asking brokers. Work runs in the order it was posted, `threads` at a time.
//
// Thread-safe. The destructor drops what has not begun and waits for what has.
class BackgroundPool final : public Executor {
 public:
  explicit BackgroundPool(int threads);
  BackgroundPool(const BackgroundPool&) = delete;
  BackgroundPool& operator=(const BackgroundPool&) = delete;
  ~BackgroundPool() override;

  void Post(std::function<void()> work) override;

 private:
  void RunUntilStopped();

  absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace
