#pragma once

#include <cstdint>
#include <variant>

#include "absl/status/status.h"
#include "runtime/rpc/cluster_messages.h"

// What an AttemptLedger is told, and what it wants done.
namespace millrace::ledger {

// Events.
struct Start {};
struct FromJobManager {
  int64_t link;
  to_task_manager::Message message;
};
struct LinkEnded {
  int64_t link;
  absl::Status status;
};
struct Built {
  to_job_manager::Deployed deployed;
};
// What the subtasks of an attempt say.
using Said =
    std::variant<to_job_manager::Drained, to_job_manager::Ended,
                 to_job_manager::SplitsRequested,
                 to_job_manager::Acknowledged, to_job_manager::FinishLine>;
struct FromAttempt {
  Said said;
};
// What came from another process, or went there, may be incomplete.
struct PeerLost {
  AttemptRef attempt;
  absl::Status status;
};
struct Halted {
  AttemptRef attempt;
};
struct Released {
  AttemptRef attempt;
};
struct Terminate {};
struct Tick {};
using Event = std::variant<Start, FromJobManager, LinkEnded, Built,
                           FromAttempt, PeerLost, Halted, Released,
                           Terminate, Tick>;

// Actions.
// Begins conversation `link`; earlier ones are dropped.
struct Dial {
  int64_t link;
};
struct HangUp {};
struct Send {
  to_job_manager::Message message;
};
struct SendHeartbeat {};
// Answered by Built; of an error nothing runs, but it is to be released.
struct Build {
  to_task_manager::Deploy deploy;
};
using Command =
    std::variant<to_task_manager::GiveSplits, to_task_manager::Trigger,
                 to_task_manager::Complete, to_task_manager::Abort,
                 to_task_manager::DrainSources>;
struct Tell {
  Command command;
};
// Ends its subtasks; answered by Halted.
struct Halt {
  AttemptRef attempt;
};
// Gives back what it held; answered by Released.
struct Release {
  AttemptRef attempt;
};
struct Say {
  std::string line;
};
// The last action. OK: it was asked to end; else the JobManager refuses it.
struct Exit {
  absl::Status status;
};
using Action = std::variant<Dial, HangUp, Send, SendHeartbeat, Build, Tell,
                            Halt, Release, Say, Exit>;

}  // namespace millrace::ledger
