#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/clock.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/waker.h"
#include "runtime/worker/tasklet.h"

namespace millrace {

// One thread that runs tasklets in turn, each for about kTurn, and sleeps when
// none has anything to do: until a ring, a mailbox or a connector wakes it, or
// the next deadline.
//
// Add and Drop are thread-safe. RunOnce is the loop's body, for one thread at a
// time: its own after Start, or a simulation's.
class Worker {
 public:
  // Long against the cost of changing tasklets (cold caches), short against
  // the milliseconds that others wait for theirs.
  static constexpr absl::Duration kTurn = absl::Microseconds(150);

  // Tasklets of one attempt are dropped together.
  using GroupId = int64_t;
  struct Assignment {
    GroupId group = 0;
    std::unique_ptr<Tasklet> tasklet;
    // Called on the worker once, when the tasklet has ended (OK) or failed; it
    // is destroyed by then. Not called for a dropped one.
    std::function<void(absl::Status)> on_end;
  };

  explicit Worker(const Clock* clock);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Stops the thread after its current turn; tasklets are destroyed.
  ~Worker();

  void Start();

  void Add(Assignment assignment);
  // Destroys the group's tasklets, then calls `done`, both on the worker.
  void Drop(GroupId group, std::function<void()> done);

  // What rings and connectors wake.
  Waker* waker() { return &waker_; }

  // Gives every tasklet a turn. Returns when to come again, by
  // Clock::SteadyNanos: 0 = at once, INT64_MAX = when woken.
  int64_t RunOnce();

 private:
  struct DropGroup {
    GroupId group;
    std::function<void()> done;
  };
  struct Stop {};
  using Message = std::variant<Assignment, DropGroup, Stop>;

  void RunUntilStopped();
  void TakeMessages();

  const Clock* const clock_;
  Waker waker_;
  Mailbox<Message> mailbox_;
  std::vector<Assignment> tasklets_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
