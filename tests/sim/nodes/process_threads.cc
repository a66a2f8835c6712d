#include "tests/sim/nodes/process_threads.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

namespace millrace::sim {
namespace {

// A BackgroundPool: what has not been done goes with it. Work takes a while,
// and has its effects at its end.
class SimPool final : public Executor {
 public:
  SimPool(Scheduler* scheduler, ProcessRef process, int threads)
      : scheduler_(scheduler),
        process_(std::move(process)),
        free_at_nanos_(threads, 0) {}
  ~SimPool() override {
    // Work may hold what posts here when it goes.
    queue_->ended = true;
    std::exchange(queue_->work, {}).clear();
  }

  void Post(std::function<void()> work) override {
    if (queue_->ended) return;
    const auto thread =
        std::min_element(free_at_nanos_.begin(), free_at_nanos_.end());
    const int64_t now = scheduler_->clock().nanos();
    const int64_t slowest = process_->slow_until_nanos > now
                                ? ProcessThreads::kSlowDiskNanos
                                : ProcessThreads::kSlowestCallNanos;
    *thread = std::max(*thread, now) + 1 + scheduler_->Jitter(slowest);
    const int64_t number = queue_->next++;
    queue_->work[number] = std::move(work);
    scheduler_->Post(process_, *thread - now, [queue = queue_, number] {
      auto due = queue->work.extract(number);
      if (!due.empty()) due.mapped()();
    });
  }

 private:
  struct Queue {
    int64_t next = 0;
    bool ended = false;
    std::map<int64_t, std::function<void()>> work;
  };

  Scheduler* const scheduler_;
  const ProcessRef process_;
  std::vector<int64_t> free_at_nanos_;  // Of each thread.
  const std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
};

}  // namespace

ProcessThreads::~ProcessThreads() {
  for (const auto& [waker, loop] : loops_) scheduler_->RemoveLoop(loop);
}

std::unique_ptr<Executor> ProcessThreads::MakeExecutor(int threads) {
  return std::make_unique<SimPool>(scheduler_, process_, threads);
}

void ProcessThreads::AddLoop(Waker* waker,
                             std::function<int64_t()> run_once) {
  loops_[waker] = scheduler_->AddLoop(
      process_,
      [clock = clock_, run_once = std::move(run_once)] {
        const int64_t next_nanos = run_once();
        return next_nanos == 0 || next_nanos == INT64_MAX
                   ? next_nanos
                   : clock->WorldNanos(next_nanos);
      },
      [waker] { return waker->WasWoken(); });
}

void ProcessThreads::RemoveLoop(Waker* waker) {
  const auto loop = loops_.extract(waker);
  if (!loop.empty()) scheduler_->RemoveLoop(loop.mapped());
}

}  // namespace millrace::sim
