#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"
#include "runtime/connector/source.h"
#include "runtime/rpc/subtask_report.h"
#include "state/storage/acknowledgement.h"

namespace millrace {

// What a JobManager and a TaskManager tell one another, over one conversation
// that the TaskManager begins and that lasts as long as both know each other.
// When it ends, everything that the TaskManager runs has failed for the
// JobManager; the TaskManager keeps running for a while without checkpoints,
// until a leader takes it over or drops it.
//
// Fencing: whoever receives a message compares first. `term` rises with each
// leader, `attempt` with each attempt of a job; what is older than what one
// knows changes nothing and is counted.

// Which attempt of which job a message is about.
struct AttemptRef {
  std::string job_id;  // 32 hex digits.
  int64_t attempt = 0;

  friend auto operator<=>(const AttemptRef&, const AttemptRef&) = default;
};

namespace to_job_manager {

// The first message of a conversation.
struct Register {
  std::string task_manager;  // taskmanager.resource-id; unique in the cluster.
  // Of this life of the process: a process that comes back is another.
  int64_t life = 0;
  std::string cluster;  // high-availability.cluster-id.
  std::string version;
  int32_t slots = 0;
  std::string data_address;  // "HOST:PORT" that other TaskManagers reach.
  int32_t metrics_port = 0;  // 0: none.
  int64_t memory_bytes = 0;
  int32_t cores = 0;
  // Names of the connectors and formats that it can make.
  std::vector<std::string> connectors;
};

// Every second. Also says that the process is alive.
struct Heartbeat {
  struct Attempt {
    AttemptRef attempt;
    std::vector<SubtaskReport> subtasks;
  };
  std::vector<Attempt> attempts;
  int64_t memory_used_bytes = 0;
};

// The subtasks of the attempt that belong here are built and run: `roots` are
// those that barriers begin at. Or: why nothing of it runs here.
struct Deployed {
  AttemptRef attempt;
  absl::Status status;
  std::vector<SubtaskId> subtasks;
  std::vector<SubtaskId> roots;
  int32_t kept_states = 0;  // What became of the restored state.
  int32_t new_states = 0;
  std::vector<std::string> dropped_states;
};
struct Drained {
  AttemptRef attempt;
  SubtaskId subtask;
};
// It failed; or, OK, after Complete with `final`: all its output is committed.
struct Ended {
  AttemptRef attempt;
  SubtaskId subtask;
  absl::Status status;
};
struct SplitsRequested {
  AttemptRef attempt;
  VertexId source;
  int32_t subtask = 0;
};
struct Acknowledged {
  AttemptRef attempt;
  Acknowledgement acknowledgement;
};
// After Stop: nothing of the attempt runs here any more.
struct Stopped {
  AttemptRef attempt;
};
// What a writer says at its end, for people: "blackhole: ...".
struct FinishLine {
  AttemptRef attempt;
  SubtaskId subtask;
  std::string line;
};
// It was told to end and takes no more work: what runs there is to be moved.
struct Draining {};

using Message = std::variant<Register, Heartbeat, Deployed, Drained, Ended,
                             SplitsRequested, Acknowledged, Stopped,
                             FinishLine, Draining>;

}  // namespace to_job_manager

namespace to_task_manager {

// The answer to Register. From now on messages of an older term are refused.
struct Registered {
  int64_t term = 0;
  absl::Duration heartbeat_interval;
  absl::Duration heartbeat_timeout;
};
// Not in this cluster, or not in this version; the conversation ends.
struct Refused {
  absl::Status status;
};
// The answer to Heartbeat: the leader is alive and still leads.
struct Alive {};

// Build and run what belongs to `self`.
struct Deploy {
  struct Process {
    std::string task_manager;
    int64_t life = 0;
    std::string data_address;
  };
  AttemptRef attempt;
  std::string plan;  // As JSON: JobPlanToJson.
  std::vector<std::pair<std::string, std::string>> config;  // Of the cluster.
  std::vector<Process> processes;
  std::vector<int32_t> process_of_slot;  // See Placement.
  int32_t self = 0;
  std::string restore;  // An encoded Manifest; empty: from nothing, or from
  std::string restore_object;  // this one, among the checkpoints' objects.
};
struct GiveSplits {
  AttemptRef attempt;
  VertexId source;
  int32_t subtask = 0;
  std::vector<Split> splits;
  bool no_more_splits = false;
  bool hold_watermark = false;
};
// To the roots, the others hear of it by the barrier.
struct Trigger {
  AttemptRef attempt;
  CheckpointId checkpoint;
  // The job is to end with it: sources read nothing behind it, unless it is
  // aborted or another is triggered.
  bool stand_still = false;
  int64_t triggered_micros = 0;  // Wall time of the JobManager.
};
struct Complete {
  AttemptRef attempt;
  CheckpointId checkpoint;
  bool final = false;
};
struct Abort {
  AttemptRef attempt;
  CheckpointId checkpoint;
};
// Ends every subtask of the attempt at once; answered by Stopped, always.
struct Stop {
  AttemptRef attempt;
};
// Ends the input of every source of the attempt here, as if no row were left.
struct DrainSources {
  AttemptRef attempt;
};

using Message = std::variant<Registered, Refused, Alive, Deploy, GiveSplits,
                             Trigger, Complete, Abort, Stop, DrainSources>;

}  // namespace to_task_manager

}  // namespace millrace
