#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/base/background_pool.h"
#include "runtime/base/executor.h"
#include "runtime/base/waker.h"

namespace millrace {

// Stands in for the threads of a process where there is but one thread, that of
// a simulation: loops are run turn by turn, and what a pool of threads would do
// is done when its time has come.
//
// Who takes a OneThread has threads of its own where it is null.
class OneThread {
 public:
  virtual ~OneThread() = default;

  // As a BackgroundPool of so many threads: what has not begun goes with it.
  virtual std::unique_ptr<Executor> MakeExecutor(int threads) = 0;

  // Runs the loop from now on. `run_once` returns when to come again, by the
  // clock of the process: 0 = at once, INT64_MAX = when woken.
  virtual void AddLoop(Waker* waker, std::function<int64_t()> run_once) = 0;
  // No turn follows. One that was not added: nothing.
  virtual void RemoveLoop(Waker* waker) = 0;
};

inline std::unique_ptr<Executor> MakeExecutor(OneThread* one_thread,
                                              int threads) {
  if (one_thread != nullptr) return one_thread->MakeExecutor(threads);
  return std::make_unique<BackgroundPool>(threads);
}

}  // namespace millrace
