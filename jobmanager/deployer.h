#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "jobmanager/job_execution.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// How a job's master reaches the processes that run its subtasks. Called by
// the master's loop only; must not block for long.
class Deployer {
 public:
  // What subtasks say, each on any thread.
  struct Listener {
    std::function<void(absl::Status)> subtask_ended;
    std::function<void(VertexId source, int subtask)> splits_requested;
    // Answers of Stop, as many as Deployment::stoppers.
    std::function<void()> stopped;
  };
  struct Deployment {
    int subtasks = 0;
    int stoppers = 0;
  };

  virtual ~Deployer() = default;

  // Builds and starts every subtask of the attempt.
  virtual absl::StatusOr<Deployment> Deploy(const JobPlan& plan,
                                            int64_t attempt,
                                            Listener listener) = 0;
  virtual void GiveSplits(JobExecution::GiveSplits splits) = 0;
  // Ends every subtask at once, whatever it is doing.
  virtual void Stop() = 0;
};

}  // namespace millrace
