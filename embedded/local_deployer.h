#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jobmanager/deployer.h"
#include "runtime/base/background_pool.h"
#include "taskmanager/local_task_manager.h"
#include "taskmanager/state_backends.h"

namespace millrace {

// Runs every subtask of a job in this process, one attempt after the other,
// each in a task manager of its own.
//
// Called by the master's loop; building an attempt, which reads its state, is
// done on a thread beside it.
class LocalDeployer final : public Deployer {
 public:
  using Counters = LocalTaskManager::SubtaskCounters;
  struct Options {
    int slots = 1;
    // What attempts have in common; what belongs to one is filled in here.
    SubtaskEnvironment environment;
    StateBackendConfig backend;
    // Where state lies that may lie on disk; empty: there is no such place.
    std::string local_folder;
    // Called on the building thread, before anything of the attempt runs.
    std::function<void(std::vector<Counters>)> on_counters;
    std::function<void(const RestoreReport&)> on_restored;
  };
  explicit LocalDeployer(Options options);
  // Ends what runs, unreported. The listeners' owner is still there.
  ~LocalDeployer() override;

  void Deploy(const JobPlan& plan, int64_t attempt,
              std::shared_ptr<const Manifest> restore,
              Listener listener) override;
  void GiveSplits(JobExecution::GiveSplits splits) override;
  absl::Status DrainSources() override;
  void TriggerCheckpoint(CheckpointId checkpoint) override;
  void TriggerLastCheckpoint(CheckpointId checkpoint) override;
  void CompleteCheckpoint(CheckpointId checkpoint, bool final) override;
  void AbortCheckpoint(CheckpointId checkpoint) override;
  void Stop() override;

 private:
  // What runs one attempt. What connectors and uploads still do when its
  // subtasks are gone may wake its workers, so these are destroyed last.
  struct Attempt {
    Attempt(int slots, const Clock* clock);

    LocalTaskManager task_manager;
    Deployment deployment;
    BackgroundPool connectors;
    BackgroundPool uploads;
    BackgroundPool stores;
  };

  void Build(const JobPlan& plan, SubtaskEnvironment environment,
             Listener listener);
  // The attempt_'s environment, completed by what only it has.
  absl::Status Complete(SubtaskEnvironment& environment) const;

  const Options options_;
  // Written while an attempt is built, read when the master knows that it is.
  std::unique_ptr<Attempt> attempt_;
  BackgroundPool builder_;
};

}  // namespace millrace
