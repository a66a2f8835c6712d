#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/mailbox.h"
#include "runtime/base/one_thread.h"
#include "runtime/base/sequence.h"
#include "runtime/base/waker.h"
#include "runtime/exchange/remote_channels.h"
#include "taskmanager/local_task_manager.h"
#include "taskmanager/state_backends.h"

namespace millrace {

// Runs the subtasks of one attempt that are placed in this process, with
// everything that is theirs alone: workers, the threads that serve connectors,
// uploads and stores, the backends of their state, the channels that lead to
// other processes.
//
// Start may block, on the files of a checkpoint; the others do not and are
// called after it, by one thread.
class AttemptRunner {
 public:
  using Counters = LocalTaskManager::SubtaskCounters;

  struct Options {
    Placement placement;
    // What attempts have in common, and what this one is: job, attempt,
    // restore, what it is to call. What only the runner has is filled in.
    SubtaskEnvironment environment;
    StateBackendConfig backend;
    KvStoreOpener open_store;  // See StateBackends.
    // Where state lies that may lie on disk; empty: there is no such place.
    std::string local_folder;
    std::unique_ptr<RemoteChannels> remote;  // Null: there is no one else.
    OneThread* one_thread = nullptr;  // Null: threads of its own.
  };
  // Called on workers, but for `built`.
  struct Callbacks {
    // Everything is built and nothing runs yet, on Start's thread: comes before
    // all others.
    std::function<void(const std::vector<Counters>&)> built;
    // It has ended (OK) or failed.
    std::function<void(SubtaskId, absl::Status)> ended;
    // Once, after Stop: nothing runs any more.
    std::function<void()> stopped;
  };

  explicit AttemptRunner(Options options);
  AttemptRunner(const AttemptRunner&) = delete;
  AttemptRunner& operator=(const AttemptRunner&) = delete;
  // Ends what runs, unreported, and waits for what its threads have begun.
  ~AttemptRunner();

  // Once. After an error nothing runs. `plan` outlives the runner.
  absl::Status Start(const JobPlan& plan, Callbacks callbacks);

  // Those without an input, which a barrier begins at.
  const std::vector<SubtaskId>& roots() const { return roots_; }
  const std::vector<SubtaskId>& subtasks() const { return subtasks_; }
  // What became of the state of the environment's `restore`.
  const RestoreReport& restored() const { return task_manager_.restored(); }

  void Give(SubtaskId source, SplitCommand splits) {
    task_manager_.Give(source, std::move(splits));
  }
  // Puts a barrier into every root here; see TriggerCommand.
  void Trigger(const TriggerCommand& command);
  void DrainSources();
  void Complete(CheckpointId checkpoint, bool final);
  void Abort(CheckpointId checkpoint);
  // Ends every subtask at once, whatever it is doing.
  void Stop();

 private:
  absl::Status FillIn(SubtaskEnvironment& environment);
  void AddLoops();
  void RemoveLoops();
  void WaitUntilHalted();

  Options options_;
  std::vector<SubtaskId> subtasks_;
  std::vector<SubtaskId> roots_;
  bool started_ = false;
  bool stop_asked_ = false;

  // Of workers that have dropped their subtasks.
  Waker waker_;
  Mailbox<int> halted_;
  Sequence halted_numbers_;
  // What connectors and uploads still do when the subtasks are gone may wake
  // the workers, so these are destroyed after the pools.
  LocalTaskManager task_manager_;
  const std::unique_ptr<Executor> connectors_;
  const std::unique_ptr<Executor> uploads_;
  const std::unique_ptr<Executor> stores_;
};

}  // namespace millrace
