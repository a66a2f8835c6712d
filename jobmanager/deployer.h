#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "jobmanager/job_execution.h"
#include "runtime/plan/job_plan.h"
#include "state/storage/acknowledgement.h"
#include "state/storage/manifest.h"

namespace millrace {

// How a job's master reaches the processes that run its subtasks. Called by
// the master's loop only; does not block: what takes long is answered by the
// listener. What is sent to one subtask arrives in the order of sending.
//
// A subtask whose input has ended stays: it has its part in every checkpoint
// until the job's final one has completed.
class Deployer {
 public:
  struct Deployment {
    std::vector<SubtaskId> subtasks;
    // Those without an input, which a barrier begins at.
    std::vector<SubtaskId> roots;
    // How many Stopped a Stop is answered with.
    int stoppers = 0;
  };
  // What subtasks say, each on any thread.
  struct Listener {
    // Once. After an error nothing runs, and Stop is not called.
    std::function<void(absl::StatusOr<Deployment>)> deployed;
    // Its input has ended and all that came of it is passed on. Once, and
    // again after each restore.
    std::function<void(SubtaskId)> drained;
    // It failed; or, OK, after Complete(final): all its output is committed.
    std::function<void(SubtaskId, absl::Status)> ended;
    std::function<void(VertexId source, int subtask)> splits_requested;
    std::function<void(Acknowledgement)> acknowledged;
    std::function<void()> stopped;
  };

  virtual ~Deployer() = default;

  // Builds and starts every subtask of the attempt, restored from `restore`
  // where that is not null.
  virtual void Deploy(const JobPlan& plan, int64_t attempt,
                      std::shared_ptr<const Manifest> restore,
                      Listener listener) = 0;
  virtual void GiveSplits(JobExecution::GiveSplits splits) = 0;
  // Ends the input of every source here, as if no row were left; their
  // positions stay. kUnimplemented: it cannot.
  virtual absl::Status DrainSources() {
    return absl::UnimplementedError("sources cannot be drained here");
  }

  // Puts a barrier into every root, behind what it was given so far.
  virtual void TriggerCheckpoint(CheckpointId checkpoint) = 0;
  // The same of one that the job is to end with: sources read nothing behind
  // it until it is aborted. Where they do all the same nothing is wrong: rows
  // behind it are never committed.
  virtual void TriggerLastCheckpoint(CheckpointId checkpoint) {
    TriggerCheckpoint(checkpoint);
  }
  // Its manifest is durable and it is the job's latest: sinks commit. `final`:
  // no row will ever follow, so subtasks end when they have.
  virtual void CompleteCheckpoint(CheckpointId checkpoint, bool final) = 0;
  virtual void AbortCheckpoint(CheckpointId checkpoint) = 0;

  // Ends every subtask at once, whatever it is doing.
  virtual void Stop() = 0;
};

}  // namespace millrace
