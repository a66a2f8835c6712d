#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/worker/subtask_builder.h"
#include "runtime/worker/worker.h"

namespace millrace {

// Runs those subtasks of one attempt of a job that are placed in this process:
// a worker thread for each of its slots.
//
// Start may block, on the files of a checkpoint; the others do not and are
// called after it, by one thread, the job's loop. Nothing happens for a subtask
// that is none of the job's. What is sent to one subtask arrives in the order
// of sending.
class LocalTaskManager {
 public:
  // What is counted about one subtask; safe to read from any thread and after
  // the job's end.
  struct SubtaskCounters {
    std::vector<VertexId> vertices;
    int index = 0;
    bool is_root = false;  // Barriers begin there.
    std::shared_ptr<TaskletMetrics> time;
    std::vector<std::shared_ptr<OperatorMetrics>> operators;
  };

  // Called on workers.
  struct Callbacks {
    // Everything is built and nothing runs yet: comes before all others.
    std::function<void(const std::vector<SubtaskCounters>&)> built;
    // A subtask has ended (OK) or failed; its chain begins at the vertex.
    std::function<void(VertexId, int subtask, absl::Status)> subtask_ended;
    // Once a slot here, after Stop: nothing runs there any more.
    std::function<void()> stopped;
  };

  // Whether each worker has a thread, or the caller runs them all, one RunOnce
  // after the other: a simulation.
  enum class Threads { kOwn, kNone };

  // REQUIRES: some slot is here.
  LocalTaskManager(Placement placement, const Clock* clock,
                   Threads threads = Threads::kOwn);
  // Stops the workers; subtasks that still run are destroyed unreported.
  ~LocalTaskManager();

  // Builds every subtask that is here, then starts them. Once. The
  // environment's `placement` and `workers` are filled in here; its `remote`
  // outlives this. After an error nothing runs.
  absl::Status Start(const JobPlan& plan, SubtaskEnvironment environment,
                     Callbacks callbacks);

  void Give(SubtaskId source, SplitCommand command);
  // `root` puts the barrier behind what it was given; see TriggerCommand.
  void Trigger(SubtaskId root, const TriggerCommand& command);
  void Drain(SubtaskId subtask);
  void Complete(SubtaskId subtask, CheckpointId checkpoint, bool final);
  void Abort(SubtaskId subtask, CheckpointId checkpoint);
  void Stop();

  // After Start: what became of the state of the environment's `restore`.
  const RestoreReport& restored() const { return fragment_->restored; }

  // Of this process; worker i serves the i-th of them.
  int slots() const { return static_cast<int>(workers_.size()); }
  Worker* worker(int slot) { return workers_[slot].get(); }

 private:
  static constexpr Worker::GroupId kOnlyGroup = 0;

  void Post(SubtaskId subtask, SubtaskCommand command);

  const Placement placement_;
  const Threads threads_;
  // Rings outlive the tasklets, which die with the workers.
  std::unique_ptr<JobFragment> fragment_;
  std::map<SubtaskId, Mailbox<SubtaskCommand>*> inboxes_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Callbacks callbacks_;
};

}  // namespace millrace
