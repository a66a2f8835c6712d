#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "runtime/base/one_thread.h"
#include "tests/sim/nodes/process_clock.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// The threads of one simulated process: loops and pools as events of the
// scheduler, which end with the process and stand still while it is paused.
class ProcessThreads final : public OneThread {
 public:
  // How long a call of a store takes at most.
  static constexpr int64_t kSlowestCallNanos = 4'000'000;
  // The same while the disk is slow.
  static constexpr int64_t kSlowDiskNanos = 2'000'000'000;

  // Scheduler and clock outlive it.
  ProcessThreads(Scheduler* scheduler, ProcessRef process,
                 const ProcessClock* clock)
      : scheduler_(scheduler), process_(std::move(process)), clock_(clock) {}
  ~ProcessThreads() override;

  std::unique_ptr<Executor> MakeExecutor(int threads) override;
  void AddLoop(Waker* waker, std::function<int64_t()> run_once) override;
  void RemoveLoop(Waker* waker) override;

 private:
  Scheduler* const scheduler_;
  const ProcessRef process_;
  const ProcessClock* const clock_;
  std::map<Waker*, Scheduler::LoopRef> loops_;
};

}  // namespace millrace::sim
