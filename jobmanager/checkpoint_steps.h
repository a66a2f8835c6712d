#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "jobmanager/checkpoint_report.h"
#include "jobmanager/job_execution.h"
#include "state/storage/acknowledgement.h"
#include "state/storage/manifest.h"

// What a CheckpointCoordinator is told, and what it then wants done.
namespace millrace::checkpoint {

// Events.

struct AttemptStarted {
  int64_t attempt = 0;
  std::vector<SubtaskId> subtasks;
  std::shared_ptr<const Manifest> restored;  // Null: from nothing.
  // Of the job's checkpoints that count and were not known here.
  std::vector<Manifest> older;
  // What was restored is no checkpoint of this job's life: a savepoint.
  bool is_borrowed = false;
  // The job was to end with what was restored; somebody was told so, perhaps by
  // a master before this one.
  bool ends_job = false;
};
// Its subtasks are being stopped. Answered by Settled.
struct AttemptEnded {};
// No attempt follows. Answered by Settled.
struct JobEnded {
  JobState state;
};
struct Tick {};
// A person wants one; answered by Answer with the same request.
struct Asked {
  int64_t request = 0;
  bool savepoint = false;
};
// A person wants the job to end with a savepoint; answered likewise. Sources
// stop behind its barrier. `drain`: they end where they are, so that windows
// fire and all state is given out, and the final checkpoint is the savepoint.
// An ended job then waits until the savepoint is released.
struct StopAsked {
  int64_t request = 0;
  bool drain = false;
};
// Answers DrainSources where that could not be carried out.
struct DrainRefused {
  absl::Status why;
};
// It was copied elsewhere, or nobody wants it any more: no longer kept.
struct SavepointReleased {
  CheckpointId checkpoint;
  // It could not be copied: a job that ends with it keeps its checkpoints.
  bool lost = false;
};
// Answers ReserveId, with what the sources' enumerators know in the moment
// in which the resulting Trigger is carried out.
struct IdReserved {
  absl::StatusOr<CheckpointId> id;
  std::vector<Manifest::Enumerator> enumerators;
  int64_t wall_ms = 0;
};
// The barrier could not be sent to every root.
struct TriggerFailed {
  CheckpointId checkpoint;
  absl::Status failure;
};
struct Acknowledged {
  int64_t attempt = 0;
  Acknowledgement part;
};
struct Drained {
  int64_t attempt = 0;
  SubtaskId subtask;
};
// Answers to WriteManifest, SwapPointer and ForgetJob, with the errors of
// CheckpointStore.
struct ManifestWritten {
  absl::Status status;
};
struct PointerSwapped {
  absl::Status status;
};
struct JobForgotten {
  absl::Status status;
};
// What the store held some time after the attempt began.
struct Listed {
  std::vector<std::string> names;
  std::vector<Manifest> savepoints;  // Of this job.
  CheckpointId next;  // The first id that was not given out then.
};
using Event =
    std::variant<AttemptStarted, AttemptEnded, JobEnded, Tick, Asked, StopAsked,
                 DrainRefused, SavepointReleased, IdReserved, TriggerFailed,
                 Acknowledged, Drained, ManifestWritten, PointerSwapped,
                 JobForgotten, Listed>;

// Actions.

struct ReserveId {};
struct Trigger {
  CheckpointId checkpoint;
  bool stop = false;  // Sources read nothing behind the barrier.
};
// The input of every source ends where it is.
struct DrainSources {};
struct Abort {
  CheckpointId checkpoint;
};
struct WriteManifest {
  std::shared_ptr<Manifest> manifest;  // The receiver's own.
};
struct SwapPointer {
  CheckpointId checkpoint;
  bool ends_job = false;  // Somebody wants the job to end with it.
};
struct Complete {
  CheckpointId checkpoint;
  bool final = false;
};
// In the background, without an answer: what is left over is only waste.
struct Delete {
  std::vector<std::string> names;  // Of manifests and files.
};
// No checkpoint counts any more; then these are deleted.
struct ForgetJob {
  std::vector<std::string> names;
};
struct FailAttempt {
  absl::Status cause;
};
struct Answer {
  int64_t request = 0;
  absl::StatusOr<CheckpointId> outcome;
};
// Nothing of an ended attempt or job is under way any more.
struct Settled {};
using Action =
    std::variant<ReserveId, Trigger, DrainSources, Abort, WriteManifest,
                 SwapPointer, Complete, Delete, ForgetJob, FailAttempt, Answer,
                 Settled, CheckpointReport>;

}  // namespace millrace::checkpoint
