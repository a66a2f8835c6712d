#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "jobmanager/job_master.h"
#include "runtime/expr/function_registry.h"
#include "tests/sim/machine.h"
#include "tests/sim/scenario.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/sim_network.h"

namespace millrace::sim {

// The processes of a simulated cluster: a job's master, which comes up again
// whenever it has ended, the task manager it deploys to, and zombies of both.
// How they end is said by who uses this; how they live is the product's code.
class Lives {
 public:
  // How long a task manager lives on behind its master.
  static constexpr int64_t kMostZombieNanos = 300'000'000;

  // Everything outlives the lives.
  struct Options {
    const Scenario* scenario = nullptr;
    FaultBook* faults = nullptr;
    Scheduler* scheduler = nullptr;
    Machine* machine = nullptr;
    const ConnectorRegistry* connectors = nullptr;
    const FunctionRegistry* functions = nullptr;
    std::function<absl::StatusOr<JobPlan>(int parallelism)> plan;
    // What a master does: see SimNetwork.
    std::function<void(const Manifest* restored)> on_deploy;
    std::function<void(CheckpointId, bool final)> on_complete;
    // `current`: no newer master has taken its place.
    std::function<void(JobState, const absl::Status&, bool current)> on_state;
    // It can never come up.
    std::function<void(absl::Status)> on_broken;
  };
  explicit Lives(Options options) : options_(std::move(options)) {}
  Lives(const Lives&) = delete;
  Lives& operator=(const Lives&) = delete;
  // Nothing is to happen to what is being destroyed.
  ~Lives();

  // Brings a master up, now, where there is none.
  void Start();
  // None is brought up any more.
  void End() { over_ = true; }

  // Null while it is down.
  JobMaster* master() const {
    return master_ == nullptr ? nullptr : master_->master.get();
  }
  bool has_task_manager() const {
    return master_ != nullptr && master_->worker != nullptr;
  }
  // REQUIRES: has a master; has_task_manager().
  Process& master_process() { return *master_->process; }
  Process& task_manager_process() {
    return *master_->worker->life.process;
  }
  bool has_zombie_master() const { return !old_masters_.empty(); }

  void Kill(const ProcessRef& process);
  // Another comes up soon; this one lives on for so long.
  void KillMaster(int64_t zombie_nanos = 0);
  void KillTaskManager() { KillTaskManagerOf(master_.get()); }
  void PowerCut();
  // The next master runs the job at the next parallelism.
  void Rescale();

  // Forgets the dead.
  void Reap();

 private:
  struct Worker {
    Machine::Stores stores;
    TaskManagerLife life;
  };
  // One life of a job's master, with all that it reaches.
  struct Master {
    Master(Scheduler* scheduler, ProcessRef life);

    const ProcessRef process;
    SimExecutor background;
    Machine::Stores stores;
    std::unique_ptr<CheckpointStore> store;
    SimNetwork* network = nullptr;
    std::unique_ptr<JobMaster> master;
    Worker* worker = nullptr;  // Where it deploys to; null: nowhere yet.
  };

  absl::Status Open(Master& life);
  TaskManagerLife* TaskManagerOf(Master& master);
  void KillTaskManagerOf(Master* master);
  void EndLater(const ProcessRef& process, int64_t delay_nanos);

  const Options options_;
  // Zombies still send through those of dead masters.
  std::vector<std::unique_ptr<SimNetwork>> networks_;
  std::unique_ptr<Master> master_;  // Null while it is down.
  std::vector<std::unique_ptr<Worker>> workers_;  // Zombies, too.
  std::vector<std::unique_ptr<Master>> old_masters_;
  int rescales_ = 0;
  int lives_ = 0;
  bool over_ = false;
};

}  // namespace millrace::sim
