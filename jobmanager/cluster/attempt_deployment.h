#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "jobmanager/deployer.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// One attempt of a job on the TaskManagers that were chosen for it, by number
// as in Deploy::processes: tells them what the job's master wants, joins what
// they say into what a Deployer::Listener hears, and stands in for those that
// were lost.
//
//   - Deployed is said once every process has answered OK. Where one refuses or
//     is lost before, the others are stopped and the error is said when nothing
//     runs any more. What subtasks say before is kept until then.
//   - A process that has not built its part within deploy_limit, since a call
//     of a connector or of a disk does not return, is not waited for any more:
//     the deployment has failed. What it builds all the same it stops at once.
//   - The subtasks of a process that is lost, or stopped by itself, have failed
//     with kUnavailable; the Stopped that it owes is said in its place.
//   - A process that does not stop in time is hung up on, which loses it. Its
//     time begins when what it was to build is built: reading a large state
//     back takes as long as it takes, and a process that is dead meanwhile is
//     missed by its heartbeats.
//
// A state machine: no I/O, no clock. `now` is the steady clock's. What a
// process says a second time, or about subtasks that are not its own, changes
// nothing; messages of other attempts are kept away by the caller.
class AttemptDeployment {
 public:
  // Whoever is this late stands in one turn of a subtask or in a call of a
  // library.
  static constexpr absl::Duration kStopLimit = absl::Seconds(30);

  struct Options {
    AttemptRef attempt;
    std::vector<int32_t> process_of_slot;
    std::vector<std::string> names;  // Of the processes, for people.
    // From Begin until all have built.
    absl::Duration deploy_limit = absl::InfiniteDuration();
  };

  // Events: the master's,
  struct Begin {};
  struct Stop {};
  // Nobody wants it any more; where it is not deployed yet it will not be.
  struct GiveUp {
    absl::Status why;
  };
  // and the TaskManagers'.
  struct Said {
    int process = 0;
    to_job_manager::Message message;
  };
  struct Lost {
    int process = 0;
    absl::Status status;
  };
  // It was told to end: what runs there is to be moved.
  struct Draining {
    int process = 0;
    absl::Status status;
  };
  struct Tick {};
  using Event =
      std::variant<Begin, Stop, GiveUp, JobExecution::GiveSplits,
                   to_task_manager::DrainSources, to_task_manager::Trigger,
                   to_task_manager::Complete, to_task_manager::Abort, Said,
                   Lost, Draining, Tick>;

  // Actions. Deploy: the caller knows what to send.
  struct SendDeploy {
    int process = 0;
  };
  struct Send {
    int process = 0;
    to_task_manager::Message message;
  };
  struct HangUp {
    int process = 0;
    absl::Status why;
  };
  // Operators by what became of their state; the same for every process.
  struct Restored {
    int32_t kept = 0;
    int32_t fresh = 0;
    std::vector<std::string> dropped;
  };
  // What the listener hears.
  struct SayDeployed {
    absl::StatusOr<Deployer::Deployment> deployment;
    Restored restored;
  };
  struct SayDrained {
    SubtaskId subtask;
  };
  struct SayEnded {
    SubtaskId subtask;
    absl::Status status;
    int process = 0;
  };
  struct SayRequested {
    VertexId source;
    int subtask = 0;
  };
  struct SayAcknowledged {
    Acknowledgement acknowledgement;
  };
  struct SayStopped {};
  using Action =
      std::variant<SendDeploy, Send, HangUp, SayDeployed, SayDrained, SayEnded,
                   SayRequested, SayAcknowledged, SayStopped>;

  explicit AttemptDeployment(Options options);

  std::vector<Action> Step(Event event, absl::Duration now);
  // When to Step with a Tick, InfiniteDuration: never.
  absl::Duration WakeAt() const;

  const AttemptRef& attempt() const { return options_.attempt; }
  int process_of(int subtask) const;
  const std::string& name_of(int process) const {
    return options_.names[process];
  }
  // Nothing of it runs any more, and nothing of it will be said.
  bool is_over() const { return phase_ == Phase::kOver; }

 private:
  enum class Phase { kNew, kDeploying, kUp, kFailing, kStopping, kOver };
  struct Process {
    bool answered = false;  // Its subtasks are built and run.
    bool gone = false;      // Nothing of the attempt runs there.
    // Once it was told to, and has built.
    absl::Duration stop_by = absl::InfiniteDuration();
    std::set<SubtaskId> running;  // Not ended.
    std::set<SubtaskId> drained;
  };
  using Actions = std::vector<Action>;

  void On(Begin, Actions& actions);
  void On(Stop, Actions& actions);
  void On(GiveUp event, Actions& actions);
  void On(JobExecution::GiveSplits event, Actions& actions);
  void On(to_task_manager::DrainSources event, Actions& actions);
  void On(to_task_manager::Trigger event, Actions& actions);
  void On(to_task_manager::Complete event, Actions& actions);
  void On(to_task_manager::Abort event, Actions& actions);
  void On(Said event, Actions& actions);
  void On(Lost event, Actions& actions);
  void On(Draining event, Actions& actions);
  void On(Tick, Actions& actions);

  void Hear(int process, to_job_manager::Deployed message, Actions& actions);
  void Hear(int process, to_job_manager::Stopped message, Actions& actions);
  void Hear(int process, to_job_manager::Drained message, Actions& actions);
  void Hear(int process, to_job_manager::Ended message, Actions& actions);
  void Hear(int process, to_job_manager::SplitsRequested message,
            Actions& actions);
  void Hear(int process, to_job_manager::Acknowledged message,
            Actions& actions);
  // What is not about an attempt.
  template <typename Other>
  void Hear(int, Other, Actions&) {}

  void SayUp(Actions& actions);
  void LeaveTheSlow(Actions& actions);
  void Fail(absl::Status why, Actions& actions);
  void StopAll(Actions& actions);
  void Leave(int process, const absl::Status& why, Actions& actions);
  void SendAll(const to_task_manager::Message& message, Actions& actions);
  bool AllGone() const;

  const Options options_;
  absl::Duration now_;  // Of the step under way.
  Phase phase_ = Phase::kNew;
  absl::Duration deploy_by_ = absl::InfiniteDuration();  // Until it is up.
  std::vector<Process> processes_;
  Deployer::Deployment deployment_;
  Restored restored_;
  std::vector<Said> early_;  // Until Deployed is said.
  absl::Status failure_;     // Of the deployment.
};

}  // namespace millrace
