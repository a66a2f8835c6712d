#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/base/executor.h"
#include "runtime/base/rng.h"
#include "tests/sim/sim_clock.h"

namespace millrace::sim {

inline constexpr int64_t kMs = 1'000'000;  // In nanoseconds.

// One life of one simulated process. What it still calls after its death has no
// effect: the models ask `alive` first.
struct Process {
  std::string name;
  bool alive = true;
  // Until then it stands still, and what it should do waits.
  int64_t paused_until_nanos = 0;
  // Until then whatever it asks of its disk takes long.
  int64_t slow_until_nanos = 0;
};
using ProcessRef = std::shared_ptr<Process>;

// Runs everything that happens in a simulated cluster, one event after the
// other, in an order that follows from the seed alone.
//
// One thread. An event belongs to a process and is dropped when that is dead by
// then; null: it is the world's.
class Scheduler {
 public:
  using Work = std::function<void()>;

  explicit Scheduler(uint64_t seed) : clock_(seed ^ 0x51), rng_(seed) {}
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void Post(ProcessRef owner, int64_t delay_nanos, Work work);

  // A loop that sleeps between its turns: `run_once` returns when to come
  // again, as Worker::RunOnce does, and `woken` whether to come at once.
  // What it returns is for RemoveLoop.
  using LoopRef = std::weak_ptr<void>;
  LoopRef AddLoop(ProcessRef owner, std::function<int64_t()> run_once,
                  std::function<bool()> woken);
  void RemoveLoop(const LoopRef& loop);

  // Forgets what dead processes would have done, with all that it holds; before
  // what it refers to is destroyed.
  void DropDead();

  // Does it as a process, out of its turn: its destruction.
  void RunAs(const ProcessRef& process, const Work& work);

  // Carries out the next event; false: there is none.
  bool RunNext();

  // Whose event is being carried out; null for the world's.
  const ProcessRef& running() const { return running_; }

  // Says on standard error what happens now and to whom, where somebody wants
  // to read it (--trace).
  void Trace(absl::string_view what) const;
  static void SetTracing(bool wanted);

  SimClock& clock() { return clock_; }
  const SimClock& clock() const { return clock_; }
  Rng& rng() { return rng_; }
  // Uniform in [0, most).
  int64_t Jitter(int64_t most) {
    return static_cast<int64_t>(rng_.Below(static_cast<uint64_t>(most)));
  }

 private:
  struct Event {
    ProcessRef owner;
    Work work;
  };
  struct Loop {
    ProcessRef owner;
    std::function<int64_t()> run_once;
    std::function<bool()> woken;
    // Of its next turn; what was posted for another one is void.
    int64_t turn_nanos = INT64_MAX;
    int64_t generation = 0;
    bool removed = false;
  };

  void PlanTurn(const std::shared_ptr<Loop>& loop, int64_t at_nanos);
  void RunTurn(const std::shared_ptr<Loop>& loop);

  SimClock clock_;
  Rng rng_;
  ProcessRef running_;
  int64_t posted_ = 0;
  std::map<std::pair<int64_t, int64_t>, Event> events_;
  std::vector<std::shared_ptr<Loop>> loops_;
};

// An Executor of `threads` simulated threads: work begins in the order it was
// posted, ends after a while, and has its effects then.
class SimExecutor final : public Executor {
 public:
  // Work takes up to `slowest_nanos`. The scheduler outlives it.
  SimExecutor(Scheduler* scheduler, ProcessRef owner, int threads,
              int64_t slowest_nanos)
      : scheduler_(scheduler),
        owner_(std::move(owner)),
        slowest_nanos_(slowest_nanos),
        free_at_nanos_(threads, 0) {}

  void Post(std::function<void()> work) override;

 private:
  Scheduler* const scheduler_;
  const ProcessRef owner_;
  const int64_t slowest_nanos_;
  std::vector<int64_t> free_at_nanos_;  // Of each thread.
};

}  // namespace millrace::sim
