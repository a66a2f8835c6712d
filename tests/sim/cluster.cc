#include "tests/sim/cluster.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "jobmanager/job_master.h"
#include "tests/sim/failpoint_dice.h"
#include "tests/sim/machine.h"
#include "tests/sim/oracle.h"
#include "tests/sim/sim_connector.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/sim_task_host.h"

namespace millrace::sim {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kChaosEvery = 10 * kMs;
// Faults end at the latest then.
constexpr int64_t kHealAt = 60'000 * kMs;
// How long a healed cluster may take to its end.
constexpr int64_t kMostAfterHealing = 60'000 * kMs;
constexpr int64_t kMostDown = 100 * kMs;
constexpr int64_t kMostZombie = 300 * kMs;
constexpr int64_t kMostPause = 600 * kMs;
constexpr int64_t kClockStep = 3'600'000 * kMs;
// Input is cut so that about so many checkpoints each have some of it; the last
// of it appears when the cluster is healed.
constexpr double kPortions = 12;
constexpr double kBeforeHealing = 0.95;

const FunctionRegistry& Functions() {
  static const FunctionRegistry& functions = *[] {
    auto* made = new FunctionRegistry;
    RegisterBuiltinFunctions(*made);
    return made;
  }();
  return functions;
}

// One life of a job's master, with all that it reaches.
struct MasterLife {
  MasterLife(Scheduler* scheduler, ProcessRef life)
      : process(std::move(life)), background(scheduler, process, 1, 3 * kMs) {}

  const ProcessRef process;
  SimExecutor background;
  Machine::Stores stores;
  SimNetwork* network = nullptr;
  std::unique_ptr<JobMaster> master;
};

struct WorkerLife {
  Machine::Stores stores;
  TaskManagerLife life;
};

class Cluster {
 public:
  explicit Cluster(const Scenario& scenario)
      : scenario_(scenario),
        input_{scenario.splits, scenario.rows_per_split, scenario.keys},
        faults_(scenario),
        scheduler_(scenario.seed),
        machine_(scenario),
        world_(&scheduler_, &faults_),
        dice_(scenario, &scheduler_, &faults_,
              [this](const ProcessRef& process) { Kill(process); }) {
    RegisterSim(connectors_, &world_);
  }

  Outcome Run();

 private:
  absl::Status RunToTheEnd();
  void StartMaster();
  absl::Status OpenMaster(MasterLife& life);
  TaskManagerLife* StartTaskManager();
  void OnDeploy(const Manifest* restored);
  void OnComplete(CheckpointId checkpoint);
  void OnState(JobState state, const absl::Status& failure);

  void Chaos();
  void Kill(const ProcessRef& process);
  void KillMaster();
  void KillTaskManager();
  void PowerCut();
  bool HealWhenDue();
  void Reap();

  const Scenario scenario_;
  const JobInput input_;
  FaultBook faults_;
  Scheduler scheduler_;
  Machine machine_;
  World world_;
  FailpointDice dice_;
  ConnectorRegistry connectors_;
  Outcome outcome_;

  // Zombies still send through those of dead masters.
  std::vector<std::unique_ptr<SimNetwork>> networks_;
  std::unique_ptr<MasterLife> master_;  // Null while it is down.
  // Where the master deploys to; null while there is none.
  WorkerLife* worker_ = nullptr;
  std::vector<std::unique_ptr<WorkerLife>> workers_;  // And zombies.
  std::vector<std::unique_ptr<MasterLife>> dead_masters_;
  std::set<int64_t> completed_;
  int rescales_ = 0;
  int lives_ = 0;
  int64_t healed_at_nanos_ = 0;
  absl::Status broken_;
  bool finished_ = false;
};

void Cluster::StartMaster() {
  if (finished_ || master_ != nullptr) return;
  auto life = std::make_unique<MasterLife>(
      &scheduler_, std::make_shared<Process>(
                       Process{.name = absl::StrCat("master-", ++lives_)}));
  const absl::Status opened = OpenMaster(*life);
  if (!opened.ok()) {
    // Its disk failed at once: it is started again.
    if (!absl::IsUnavailable(opened)) broken_ = opened;
    scheduler_.Post(nullptr, kMostDown, [this] { StartMaster(); });
    return;
  }
  scheduler_.AddLoop(
      life->process, [master = life->master.get()] { return master->RunOnce(); },
      [] { return true; });
  master_ = std::move(life);
}

TaskManagerLife* Cluster::StartTaskManager() {
  if (worker_ != nullptr) return &worker_->life;
  auto worker = std::make_unique<WorkerLife>();
  worker->life.process = std::make_shared<Process>(
      Process{.name = absl::StrCat("worker-", ++lives_)});
  absl::StatusOr<Machine::Stores> stores =
      machine_.Open(worker->life.process);
  // It comes up again and again until its disk lets it.
  for (int i = 0; !stores.ok() && i < 100; ++i) {
    stores = machine_.Open(worker->life.process);
  }
  if (!stores.ok()) {
    broken_ = stores.status();
    return nullptr;
  }
  worker->stores = *std::move(stores);
  worker->life.deployer = std::make_unique<SimTaskHost>(
      SimTaskHost::Options{.scheduler = &scheduler_,
                              .process = worker->life.process,
                              .workers = scenario_.workers,
                              .connectors = &connectors_,
                              .functions = &Functions(),
                              .objects = worker->stores.objects.get(),
                              .disk = worker->stores.disk.get()});
  workers_.push_back(std::move(worker));
  worker_ = workers_.back().get();
  return &worker_->life;
}

void Cluster::OnDeploy(const Manifest* restored) {
  const int64_t id = restored == nullptr ? 0 : restored->checkpoint.value();
  if (id > 0) ++outcome_.restores;
  const int64_t newest = completed_.empty() ? 0 : *completed_.rbegin();
  if (id < newest && broken_.ok()) {
    broken_ = absl::FailedPreconditionError(absl::StrCat(
        "restored checkpoint ", id, " though ", newest, " had completed"));
  }
}

void Cluster::OnComplete(CheckpointId checkpoint) {
  completed_.insert(checkpoint.value());
  if (faults_.healed()) return;
  const double portions = static_cast<double>(completed_.size()) + 1;
  world_.SetProgress(std::min(kBeforeHealing, portions / kPortions));
}

void Cluster::OnState(JobState state, const absl::Status& failure) {
  if (state == JobState::kFinished) finished_ = true;
  if (state == JobState::kFailed) broken_ = failure;
}

void Cluster::KillMaster() {
  if (master_ == nullptr) return;
  master_->process->alive = false;
  dead_masters_.push_back(std::move(master_));
  // Its task manager is nobody's from now on, but does not know.
  if (worker_ != nullptr) {
    scheduler_.Post(nullptr, scheduler_.Jitter(kMostZombie),
                    [process = worker_->life.process] {
                      process->alive = false;
                    });
    worker_ = nullptr;
  }
  scheduler_.Post(nullptr, scheduler_.Jitter(kMostDown),
                  [this] { StartMaster(); });
}

void Cluster::KillTaskManager() {
  if (worker_ == nullptr) return;
  const ProcessRef process = worker_->life.process;
  process->alive = false;
  worker_ = nullptr;
  if (master_ != nullptr) master_->network->OnTaskManagerDeath(process);
}

void Cluster::Kill(const ProcessRef& process) {
  if (master_ != nullptr && master_->process == process) {
    KillMaster();
  } else if (worker_ != nullptr && worker_->life.process == process) {
    KillTaskManager();
  }
  process->alive = false;
}

void Cluster::PowerCut() {
  KillTaskManager();
  KillMaster();
  for (const auto& worker : workers_) worker->life.process->alive = false;
  machine_.PowerCut();
}

void Cluster::Chaos() {
  if (faults_.Roll(Fault::kPowerCut)) PowerCut();
  if (faults_.Roll(Fault::kKillProcess)) {
    KillTaskManager();
    KillMaster();
  }
  if (worker_ != nullptr && faults_.Roll(Fault::kKillTaskManager)) {
    KillTaskManager();
  }
  if (master_ != nullptr && faults_.Roll(Fault::kKillMaster)) KillMaster();
  if (master_ != nullptr && faults_.Roll(Fault::kRescale)) {
    ++rescales_;
    KillTaskManager();
    KillMaster();
  }
  if (faults_.Roll(Fault::kClockStep)) {
    scheduler_.clock().StepWall(scheduler_.Jitter(2 * kClockStep) - kClockStep);
  }
  if (master_ != nullptr && faults_.Roll(Fault::kPause)) {
    Process& process = worker_ != nullptr && scheduler_.rng().Below(2) == 0
                           ? *worker_->life.process
                           : *master_->process;
    process.paused_until_nanos =
        scheduler_.clock().nanos() + scheduler_.Jitter(kMostPause);
  }
}

bool Cluster::HealWhenDue() {
  std::array<int64_t, kFaultKinds> counts = {};
  machine_.AddCounts(counts);
  int64_t total = faults_.total();
  for (const int64_t count : counts) total += count;
  const bool enough =
      static_cast<int64_t>(completed_.size()) >= kLeastCheckpoints &&
      total >= kLeastFaults;
  if (!enough && scheduler_.clock().nanos() < kHealAt) return false;
  faults_.Heal();
  machine_.Heal();
  healed_at_nanos_ = scheduler_.clock().nanos();
  world_.SetProgress(1);
  return true;
}

void Cluster::Reap() {
  dead_masters_.clear();
  std::erase_if(workers_, [](const auto& worker) {
    return !worker->life.process->alive;
  });
}

absl::Status Cluster::RunToTheEnd() {
  world_.SetProgress(1 / kPortions);
  StartMaster();
  int64_t chaos_at_nanos = 0;
  while (!finished_) {
    if (!broken_.ok()) return broken_;
    if (!scheduler_.RunNext()) {
      return absl::InternalError("nothing is going to happen any more");
    }
    Reap();
    const int64_t now = scheduler_.clock().nanos();
    if (faults_.healed()) {
      if (now > healed_at_nanos_ + kMostAfterHealing) {
        return absl::DeadlineExceededError("does not come to its end");
      }
    } else if (now >= chaos_at_nanos && !HealWhenDue()) {
      chaos_at_nanos = now + kChaosEvery;
      Chaos();
    }
  }
  return CheckOutput(Jobs()[scenario_.job], input_, world_.output());
}

Outcome Cluster::Run() {
  outcome_.status = RunToTheEnd();
  outcome_.faults = faults_.counts();
  machine_.AddCounts(outcome_.faults);
  outcome_.checkpoints = static_cast<int64_t>(completed_.size());
  outcome_.commits = world_.commits();
  outcome_.repeated_commits = world_.repeated_commits();
  outcome_.rows = static_cast<int64_t>(world_.output().size());
  outcome_.simulated_ms = scheduler_.clock().nanos() / kMs;
  outcome_.failpoints = dice_.reached();
  outcome_.failpoint_kills = dice_.kills();
  return outcome_;
}

absl::Status Cluster::OpenMaster(MasterLife& life) {
  absl::StatusOr<Machine::Stores> stores = machine_.Open(life.process);
  if (!stores.ok()) return stores.status();
  life.stores = *std::move(stores);
  absl::StatusOr<JobPlan> plan = PlanOf(
      Jobs()[scenario_.job], input_, "'connector'='sim'",
      scenario_.parallelisms[rescales_ % scenario_.parallelisms.size()],
      connectors_, Functions());
  if (!plan.ok()) return plan.status();
  plan->config["execution.checkpointing.interval"] =
      absl::StrCat(scenario_.interval_ms, " ms");
  plan->config["execution.checkpointing.timeout"] = "500 ms";
  plan->config["execution.checkpointing.tolerable-failed-checkpoints"] = "50";
  plan->config["restart-strategy.type"] = "exponential-delay";
  plan->config["restart-strategy.exponential-delay.initial-backoff"] = "5 ms";
  plan->config["restart-strategy.exponential-delay.max-backoff"] = "50 ms";
  networks_.push_back(std::make_unique<SimNetwork>(SimNetwork::Ends{
      .scheduler = &scheduler_,
      .faults = &faults_,
      .master = life.process,
      .task_manager = [this] { return StartTaskManager(); },
      .on_deploy = [this](const Manifest* restored) { OnDeploy(restored); },
      .on_complete = [this](CheckpointId id) { OnComplete(id); }}));
  life.network = networks_.back().get();
  auto master = JobMaster::Open(
      *plan, {.connectors = &connectors_,
              .clock = &scheduler_.clock(),
              .background = &life.background,
              .deployer = life.network,
              .on_state = [this](JobState state, const absl::Status& failure) {
                OnState(state, failure);
              }});
  if (!master.ok()) return master.status();
  life.master = *std::move(master);
  return absl::OkStatus();
}

}  // namespace

Outcome RunScenario(const Scenario& scenario) { return Cluster(scenario).Run(); }

}  // namespace millrace::sim
