#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "jobmanager/deployer.h"
#include "tests/sim/scenario.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// One life of the process that runs subtasks.
struct TaskManagerLife {
  ProcessRef process;
  std::unique_ptr<Deployer> deployer;  // Destroyed when the process is dead.
};

// What lies between a master and the task manager that it deploys to: messages
// take time; some are lost or come twice, as deployer.h allows; and of a task
// manager that died the master learns seconds later, by the failure of its
// subtasks.
//
//   to a subtask    in order; a notification may come twice
//   from a subtask  in order, but not among subtasks; an acknowledgement may
//                   be lost or come again at any time
class SimNetwork final : public Deployer {
 public:
  struct Ends {
    Scheduler* scheduler = nullptr;
    FaultBook* faults = nullptr;
    ProcessRef master;
    // The task manager to deploy to: the one that lives, or a new one.
    std::function<TaskManagerLife*()> task_manager;
    // Called as the master deploys an attempt; null: from nothing.
    std::function<void(const Manifest* restored)> on_deploy;
    // Called as the master says that the checkpoint has completed.
    std::function<void(CheckpointId, bool final)> on_complete;
  };

  explicit SimNetwork(Ends ends) : ends_(std::move(ends)) {}

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

  // The task manager is dead; the master will hear of it.
  void OnTaskManagerDeath(const ProcessRef& process);

 private:
  // What the master knows of its present attempt.
  struct Attempt {
    Listener listener;
    std::optional<Deployment> deployment;
    bool stop_asked = false;
    bool lost = false;
    int stopped = 0;
    std::map<SubtaskId, bool> ended;
    int64_t deployed_at_nanos = 0;
    std::map<SubtaskId, int64_t> last_arrival_nanos;
  };
  using AttemptRef = std::shared_ptr<Attempt>;

  // To the task manager, behind everything sent before.
  void Send(std::function<void(Deployer&)> call);
  // To the master, behind what `sender` sent before.
  void Answer(const AttemptRef& attempt, SubtaskId sender,
              std::function<void()> call);
  Listener Wrap(const AttemptRef& attempt);
  void WrapAcknowledged(const AttemptRef& attempt, Listener& wrapped);
  void DeclareLost(const AttemptRef& attempt);
  int64_t Delay();

  const Ends ends_;
  TaskManagerLife* target_ = nullptr;
  ProcessRef target_process_;
  AttemptRef attempt_;
  int64_t last_sent_nanos_ = 0;
};

}  // namespace millrace::sim
