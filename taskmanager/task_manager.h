#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/network.h"
#include "runtime/base/waker.h"
#include "taskmanager/attempt_here.h"
#include "taskmanager/attempt_ledger.h"

namespace millrace {

// A process that runs subtasks for a JobManager: registers, says every second
// how it goes, carries what is asked of attempts to them and what they say
// back. What to do an AttemptLedger decides; this carries it out.
//
// Threads: RunFor, or RunOnce, is one thread's; Terminate is for any. Inside,
// attempts are built by one thread and given back by another; each attempt has
// threads of its own.
class TaskManager {
 public:
  // Network, clock and what `attempts` points at outlive it.
  struct Options {
    to_job_manager::Register self;
    // "HOST:PORT", or several by commas, of which one leads: they are asked in
    // turn.
    std::string job_manager;
    Network* network = nullptr;
    // `post` and `folders` are filled in here.
    AttemptHere::Environment attempts;
    absl::Duration grace = absl::Seconds(30);
    // 1 while a JobManager knows this TaskManager, for other threads; may be
    // null.
    Gauge* ready = nullptr;
    // For people, a line each; called by the loop.
    std::function<void(const std::string&)> say;
    // Where attempts are built and given back; null: threads of its own.
    Executor* background = nullptr;
  };

  explicit TaskManager(Options options);
  TaskManager(const TaskManager&) = delete;
  TaskManager& operator=(const TaskManager&) = delete;
  // Ends everything that runs.
  ~TaskManager();

  // Runs the loop until it has ended, at most so long; whether it has.
  bool RunFor(absl::Duration timeout);
  // The loop's body. Returns when to come again, by Clock::SteadyNanos: 0 = at
  // once, INT64_MAX = when woken.
  int64_t RunOnce();
  Waker* waker() { return &waker_; }

  // Once it has ended. OK: it was told to; else why the JobManager refused it.
  const std::optional<absl::Status>& outcome() const { return outcome_; }

  // Takes no more work, waits until what runs here was moved, and ends.
  void Terminate() { events_.Post(ledger::Terminate{}); }

 private:
  // An attempt, and whether it may be looked into.
  struct Attempt {
    std::unique_ptr<AttemptHere> here;
    bool built = false;
  };

  void Take(ledger::Event event);
  void Do(ledger::Dial dial);
  void Do(ledger::HangUp) { link_.reset(); }
  void Do(ledger::Send send);
  void Do(ledger::SendHeartbeat);
  void Do(ledger::Build build);
  void Do(ledger::Tell tell);
  void Do(ledger::Halt halt);
  void Do(ledger::Release release);
  void Do(ledger::Say say);
  void Do(ledger::Exit exit);

  absl::Duration Now() const;
  AttemptHere& Find(const AttemptRef& attempt);

  Options options_;
  const Clock* const clock_;
  std::shared_ptr<MetricGroup> metrics_;
  Counter* fenced_;
  Gauge* registered_;
  Gauge* slots_used_;

  Waker waker_;
  Mailbox<ledger::Event> events_;
  AttemptLedger ledger_;
  std::optional<absl::Status> outcome_;
  CheckpointFolders folders_;
  // By reference: a newer one of a job comes when the older was given back.
  std::map<AttemptRef, Attempt> attempts_;
  const std::vector<std::string> job_managers_;  // Addresses.
  int64_t link_number_ = 0;
  std::unique_ptr<Link> link_;
  // Both use attempts, and are destroyed before them.
  std::optional<BackgroundPool> builder_;
  std::optional<BackgroundPool> releaser_;
};

}  // namespace millrace
