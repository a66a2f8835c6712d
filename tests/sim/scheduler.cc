#include "tests/sim/scheduler.h"

#include <algorithm>
#include <cstdio>

namespace millrace::sim {
namespace {

// How late a thread that was woken runs.
constexpr int64_t kWakeUpNanos = 300'000;

bool tracing = false;

}  // namespace

void Scheduler::SetTracing(bool wanted) { tracing = wanted; }

void Scheduler::Trace(absl::string_view what) const {
  if (!tracing) return;
  std::fprintf(stderr, "%10.3f ms %-10s %.*s\n",
               static_cast<double>(clock_.nanos()) / 1e6,
               running_ == nullptr ? "-" : running_->name.c_str(),
               static_cast<int>(what.size()), what.data());
}

void Scheduler::Post(ProcessRef owner, int64_t delay_nanos, Work work) {
  events_.emplace(
      std::make_pair(clock_.nanos() + std::max<int64_t>(0, delay_nanos),
                     posted_++),
      Event{std::move(owner), std::move(work)});
}

Scheduler::LoopRef Scheduler::AddLoop(ProcessRef owner,
                                      std::function<int64_t()> run_once,
                                      std::function<bool()> woken) {
  loops_.push_back(std::make_shared<Loop>(
      Loop{std::move(owner), std::move(run_once), std::move(woken)}));
  PlanTurn(loops_.back(), clock_.nanos());
  return loops_.back();
}

void Scheduler::RemoveLoop(const LoopRef& ref) {
  const std::shared_ptr<void> removed = ref.lock();
  std::erase_if(loops_, [&](const std::shared_ptr<Loop>& loop) {
    if (loop != removed) return false;
    loop->removed = true;
    return true;
  });
}

void Scheduler::RunAs(const ProcessRef& process, const Work& work) {
  const ProcessRef before = std::exchange(running_, process);
  work();
  running_ = before;
}

void Scheduler::PlanTurn(const std::shared_ptr<Loop>& loop, int64_t at_nanos) {
  if (at_nanos >= loop->turn_nanos) return;
  loop->turn_nanos = at_nanos;
  const int64_t generation = ++loop->generation;
  Post(loop->owner, at_nanos - clock_.nanos(), [this, loop, generation] {
    if (loop->generation == generation && !loop->removed) RunTurn(loop);
  });
}

void Scheduler::RunTurn(const std::shared_ptr<Loop>& loop) {
  loop->turn_nanos = INT64_MAX;
  const int64_t next_nanos = loop->run_once();
  if (next_nanos == INT64_MAX || loop->removed) return;
  PlanTurn(loop, std::max(next_nanos, clock_.nanos()) + Jitter(kWakeUpNanos));
}

void Scheduler::DropDead() {
  std::erase_if(events_, [](const auto& event) {
    const ProcessRef& owner = event.second.owner;
    return owner != nullptr && !owner->alive;
  });
  std::erase_if(loops_, [](const auto& loop) { return !loop->owner->alive; });
}

bool Scheduler::RunNext() {
  if (events_.empty()) return false;
  auto next = events_.extract(events_.begin());
  clock_.AdvanceTo(next.key().first);
  Event& event = next.mapped();
  if (event.owner != nullptr && event.owner->alive &&
      event.owner->paused_until_nanos > clock_.nanos()) {
    const int64_t until_nanos = event.owner->paused_until_nanos;
    Post(std::move(event.owner), until_nanos - clock_.nanos(),
         std::move(event.work));
    return true;
  }
  if (event.owner == nullptr || event.owner->alive) {
    running_ = event.owner;
    event.work();
    running_ = nullptr;
  }
  for (const auto& loop : loops_) {
    if (loop->owner->alive &&
        loop->turn_nanos > clock_.nanos() + kWakeUpNanos && loop->woken()) {
      PlanTurn(loop, clock_.nanos() + Jitter(kWakeUpNanos));
    }
  }
  return true;
}

void SimExecutor::Post(std::function<void()> work) {
  auto thread = std::min_element(free_at_nanos_.begin(), free_at_nanos_.end());
  const int64_t now = scheduler_->clock().nanos();
  *thread = std::max(*thread, now) + 1 + scheduler_->Jitter(slowest_nanos_);
  scheduler_->Post(owner_, *thread - now, std::move(work));
}

}  // namespace millrace::sim
