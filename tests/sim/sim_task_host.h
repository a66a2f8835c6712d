#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jobmanager/deployer.h"
#include "runtime/base/disk.h"
#include "runtime/base/memory_budget.h"
#include "runtime/base/metrics.h"
#include "state/memory_backend.h"
#include "state/storage/object_store.h"
#include "taskmanager/local_task_manager.h"
#include "tests/sim/scenario.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// The real task manager in a simulated process: its workers are loops of the
// scheduler, its background work runs on simulated time, and what it stores is
// lost to it with its death. What the master sends takes time, for each subtask
// another, and of what it sends to all some get nothing: barriers, and
// notifications but for the last.
class SimTaskHost final : public Deployer {
 public:
  // Everything outlives it.
  struct Options {
    Scheduler* scheduler = nullptr;
    FaultBook* faults = nullptr;
    ProcessRef process;
    int workers = 1;
    const ConnectorRegistry* connectors = nullptr;
    const FunctionRegistry* functions = nullptr;
    ObjectStore* objects = nullptr;
    Disk* disk = nullptr;
    std::string job_id;
    MemoryBackendOptions backend;
  };

  explicit SimTaskHost(const Options& options);

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
  static constexpr int64_t kMemoryBytes = int64_t{256} << 20;

  SubtaskEnvironment EnvironmentOf(int64_t attempt,
                                   std::shared_ptr<const Manifest> restore,
                                   const Listener& listener);

  void Trigger(CheckpointId checkpoint, bool stand_still);
  void Send(const SubtaskId& subtask,
            std::function<void(LocalTaskManager&)> command);

  const Options options_;
  SimExecutor background_;
  SimExecutor uploads_;
  MetricRegistry metrics_;
  MemoryBudget memory_;
  // Of the latest attempt.
  Deployment deployment_;
  std::map<SubtaskId, int64_t> last_command_nanos_;
  // Of every attempt of this life: late wake-ups still reach the old ones.
  std::vector<std::unique_ptr<LocalTaskManager>> task_managers_;
};

}  // namespace millrace::sim
