#include "runtime/worker/worker.h"

#include <algorithm>
#include <utility>

namespace millrace {

Worker::Worker(const Clock* clock)
    : clock_(clock), mailbox_([this] { waker_.Wake(); }) {}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  mailbox_.Post(Stop{});
  thread_.join();
}

void Worker::Start() {
  thread_ = std::thread([this] { RunUntilStopped(); });
}

void Worker::Add(Assignment assignment) {
  mailbox_.Post(std::move(assignment));
}

void Worker::Drop(GroupId group, std::function<void()> done) {
  mailbox_.Post(DropGroup{group, std::move(done)});
}

void Worker::RunUntilStopped() {
  while (!stopping_) {
    const int64_t next_nanos = RunOnce();
    if (stopping_ || next_nanos == 0) continue;
    waker_.Wait(next_nanos == INT64_MAX ? INT64_MAX
                                        : next_nanos - clock_->SteadyNanos());
  }
  tasklets_.clear();
}

int64_t Worker::RunOnce() {
  waker_.BeginTurn();
  TakeMessages();
  int64_t next_nanos = INT64_MAX;
  for (size_t i = 0; i < tasklets_.size();) {
    Tasklet& tasklet = *tasklets_[i].tasklet;
    const int64_t now = clock_->SteadyNanos();
    const auto state =
        tasklet.Run(now + absl::ToInt64Nanoseconds(kTurn));
    if (!state.ok() || *state == Tasklet::State::kEnded) {
      tasklet.metrics().End(clock_->SteadyNanos());
      const auto on_end = std::move(tasklets_[i].on_end);
      tasklets_.erase(tasklets_.begin() + static_cast<int64_t>(i));
      on_end(state.status());
      continue;
    }
    next_nanos = *state == Tasklet::State::kReady
                     ? 0
                     : std::min(next_nanos, tasklet.NextRunNanos());
    ++i;
  }
  // A ring may have woken this very worker: an event for a tasklet before the
  // sender in the round.
  return waker_.WasWoken() ? 0 : next_nanos;
}

void Worker::TakeMessages() {
  for (Message& message : mailbox_.TakeAll()) {
    if (Assignment* assignment = std::get_if<Assignment>(&message)) {
      tasklets_.push_back(std::move(*assignment));
    } else if (DropGroup* drop = std::get_if<DropGroup>(&message)) {
      std::erase_if(tasklets_, [&](const Assignment& assignment) {
        return assignment.group == drop->group;
      });
      drop->done();
    } else {
      stopping_ = true;
    }
  }
}

}  // namespace millrace
