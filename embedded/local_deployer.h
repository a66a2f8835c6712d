#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jobmanager/deployer.h"
#include "runtime/base/background_pool.h"
#include "taskmanager/attempt_runner.h"

namespace millrace {

// Runs every subtask of a job in this process, one attempt after the other,
// each in a task manager of its own.
//
// Called by the master's loop; building an attempt, which reads its state, is
// done on a thread beside it.
class LocalDeployer final : public Deployer {
 public:
  using Counters = AttemptRunner::Counters;
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
  void Build(const JobPlan& plan, SubtaskEnvironment environment,
             Listener listener);
  void Trigger(CheckpointId checkpoint, bool stand_still);

  const Options options_;
  // Written while an attempt is built, read when the master knows that it is.
  std::unique_ptr<AttemptRunner> attempt_;
  BackgroundPool builder_;
};

}  // namespace millrace
