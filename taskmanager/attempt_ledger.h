#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/rpc/cluster_messages.h"
#include "taskmanager/attempt_steps.h"

namespace millrace {

// What a TaskManager does and when, among what its JobManager says, what its
// attempts say and what time it is: to whom it belongs, which attempts run,
// which messages are stale.
//
// Fencing. A conversation has a number; what an older one says is refused.
// Terms only rise. With each new conversation everything that ran before it has
// failed for the JobManager, so it is stopped. Of a job one attempt runs at a
// time: a newer one waits until the older is gone, though not for ever, an
// older one is refused, and so is what is said to any but the running one.
//
// Alone: without a JobManager attempts run on for kRunAloneFor, then stop.
//
// A state machine: no I/O, no clock, no lock. `now` is the steady clock's.
class AttemptLedger {
 public:
  // A JobManager that comes back is found at once; one that is away for long is
  // not asked more often.
  static constexpr absl::Duration kFirstRedial = absl::Milliseconds(100);
  static constexpr absl::Duration kLastRedial = absl::Seconds(2);
  // From the dial to the answer to Register.
  static constexpr absl::Duration kAnswerWithin = absl::Seconds(5);
  static constexpr absl::Duration kRunAloneFor = absl::Seconds(60);
  // While the JobManager cannot be reached, how often that is said.
  static constexpr absl::Duration kSayEvery = absl::Seconds(30);
  // How long a Deploy waits for the attempt before it to be gone: nobody would
  // see it wait.
  static constexpr absl::Duration kMostInTheWay = absl::Seconds(30);
  // Jobs whose latest attempt is remembered, so that a Deploy of it that comes
  // twice is known when the attempt is gone.
  static constexpr size_t kRememberedJobs = 1000;

  struct Options {
    to_job_manager::Register self;
    std::string job_manager;  // Its address, for people.
    // After Terminate, until it ends though attempts are left.
    absl::Duration grace = absl::Seconds(30);
  };

  explicit AttemptLedger(Options options);

  std::vector<ledger::Action> Step(ledger::Event event, absl::Duration now);
  // When to Step with a Tick, InfiniteDuration: never.
  absl::Duration WakeAt() const;

  bool is_registered() const { return registered_; }
  // Messages that came too late, or twice, and changed nothing.
  int64_t fenced() const { return fenced_; }
  int slots_used() const;

 private:
  enum class Phase { kBuilding, kRunning, kHalting, kReleasing };
  struct Entry {
    AttemptRef attempt;
    int slots = 0;
    Phase phase = Phase::kBuilding;
    bool halt_when_built = false;
    bool answers_stop = false;
    // Said before it was known to be built: its subtasks are quicker.
    std::vector<ledger::Said> early;
    absl::Status lost;                   // While it is built.
    absl::btree_set<SubtaskId> running;  // Subtasks.
    std::optional<to_task_manager::Deploy> next;
    absl::Duration next_until;  // Then it is refused.
  };
  using Actions = std::vector<ledger::Action>;

  void On(ledger::Start, Actions& actions);
  void On(ledger::FromJobManager event, Actions& actions);
  void On(ledger::LinkEnded event, Actions& actions);
  void On(ledger::Built event, Actions& actions);
  void On(ledger::FromAttempt event, Actions& actions);
  void On(ledger::PeerLost event, Actions& actions);
  void On(ledger::Halted event, Actions& actions);
  void On(ledger::Released event, Actions& actions);
  void On(ledger::Terminate, Actions& actions);
  void On(ledger::Tick, Actions& actions);

  void Hear(to_task_manager::Registered message, Actions& actions);
  void Hear(to_task_manager::Refused message, Actions& actions);
  void Hear(to_task_manager::Alive, Actions&) {}
  void Hear(to_task_manager::Deploy message, Actions& actions);
  void Hear(to_task_manager::Stop message, Actions& actions);
  template <typename Message>
  void Hear(Message message, Actions& actions);  // Commands to an attempt.

  void LeaveJobManager(const absl::Status& why, Actions& actions);
  void RefuseWhatWaitsTooLong(Actions& actions);
  void BuildNow(to_task_manager::Deploy deploy, Actions& actions);
  void HaltEntry(Entry& entry, Actions& actions);
  void HaltAll(Actions& actions);
  void EndSubtask(Entry& entry, to_job_manager::Ended ended, Actions& actions);
  void ExitWhenEmpty(Actions& actions);
  // The running attempt, or null.
  Entry* Running(const AttemptRef& attempt);
  // The job's entry where it is of this attempt and in this phase, or null.
  Entry* InPhase(const AttemptRef& attempt, Phase phase);
  int64_t& LatestOf(const std::string& job_id);
  void SayUnreachable(const absl::Status& why, Actions& actions);

  const Options options_;
  absl::Duration now_;  // Of the step under way.
  bool exited_ = false;
  int64_t fenced_ = 0;

  int64_t last_link_ = 0;
  int64_t link_ = 0;  // 0: there is none.
  bool registered_ = false;
  int64_t term_ = 0;
  absl::Duration interval_;
  absl::Duration timeout_;
  absl::Duration heard_at_;
  absl::Duration heartbeat_at_ = absl::InfiniteDuration();
  absl::Duration redial_at_ = absl::InfiniteDuration();
  absl::Duration back_off_ = kFirstRedial;
  absl::Duration say_at_ = -absl::InfiniteDuration();
  absl::Duration alone_until_ = absl::InfiniteDuration();
  absl::Duration terminate_at_ = absl::InfiniteDuration();
  bool terminating_ = false;

  absl::btree_map<std::string, Entry> entries_;  // By job.
  absl::btree_map<std::string, int64_t> latest_;  // Attempt of each job.
};

}  // namespace millrace
