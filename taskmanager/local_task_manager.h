#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/worker/subtask_builder.h"
#include "runtime/worker/worker.h"

namespace millrace {

// Runs the subtasks of one job in this process: a worker thread for each slot,
// subtask i of every vertex in slot i modulo their number, so that what hangs
// together by forward edges stays on one core.
//
// Start, Give and Stop are called by one thread, the job's loop.
class LocalTaskManager {
 public:
  // What is counted about one subtask; safe to read from any thread and after
  // the job's end.
  struct SubtaskCounters {
    std::vector<VertexId> vertices;
    int index = 0;
    std::shared_ptr<TaskletMetrics> time;
    std::vector<std::shared_ptr<OperatorMetrics>> operators;
  };

  // Called on workers.
  struct Callbacks {
    // Everything is built and nothing runs yet: comes before all others.
    std::function<void(const std::vector<SubtaskCounters>&)> built;
    // A subtask has ended (OK) or failed; its chain begins at the vertex.
    std::function<void(VertexId, int subtask, absl::Status)> subtask_ended;
    // Once a slot, after Stop: nothing runs there any more.
    std::function<void()> stopped;
  };

  // Whether each worker has a thread, or the caller runs them all, one RunOnce
  // after the other: a simulation.
  enum class Threads { kOwn, kNone };

  // REQUIRES: slots > 0.
  LocalTaskManager(int slots, const Clock* clock,
                   Threads threads = Threads::kOwn);
  // Stops the workers; subtasks that still run are destroyed unreported.
  ~LocalTaskManager();

  // Builds every subtask, then starts them. Once. The environment's `workers`
  // are filled in here. After an error nothing runs.
  absl::Status Start(const JobPlan& plan, SubtaskEnvironment environment,
                     Callbacks callbacks);

  void Give(VertexId source, int subtask, SplitCommand command);
  void Stop();

  int slots() const { return static_cast<int>(workers_.size()); }
  Worker* worker(int slot) { return workers_[slot].get(); }

 private:
  static constexpr Worker::GroupId kOnlyGroup = 0;

  const Threads threads_;
  // Rings outlive the tasklets, which die with the workers.
  std::unique_ptr<JobFragment> fragment_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Callbacks callbacks_;
};

}  // namespace millrace
