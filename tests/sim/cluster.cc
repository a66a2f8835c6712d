#include "tests/sim/cluster.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "connectors/changelog_out/changelog_out_connector.h"
#include "connectors/filesystem/filesystem_connector.h"
#include "connectors/formats/csv_format.h"
#include "connectors/formats/raw_format.h"
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
constexpr absl::string_view kJobId = "00000000000000000000000000000051";
constexpr absl::Duration kCheckpointTimeout = absl::Milliseconds(500);
constexpr int kTolerableFailures = 20;
constexpr absl::Duration kRestartDelay = absl::Milliseconds(20);
// Input is cut so that about so many checkpoints each have some of it; the last
// of it appears when the cluster is healed.
constexpr double kPortions = 12;
constexpr double kBeforeHealing = 0.95;

constexpr char kOutput[] = "/output";

std::string SinkOptions(Scenario::Sink sink) {
  switch (sink) {
    case Scenario::Sink::kTable:
      return "'connector'='sim'";
    case Scenario::Sink::kChangelog:
      return absl::StrCat("'connector'='changelog-out', 'mode'='retract', ",
                          "'path'='", kOutput, "'");
    default:
      // Parts that stay open over several checkpoints.
      return absl::StrCat(
          "'connector'='filesystem', 'format'='csv', 'path'='", kOutput,
          "', 'sink.rolling-policy.rollover-interval'='150 ms', ",
          "'sink.rolling-policy.check-interval'='20 ms'");
  }
}

const FunctionRegistry& Functions() {
  static const FunctionRegistry& functions = *[] {
    auto* made = new FunctionRegistry;
    RegisterBuiltinFunctions(*made);
    return made;
  }();
  return functions;
}

struct WorkerLife {
  Machine::Stores stores;
  TaskManagerLife life;
};

// One life of a job's master, with all that it reaches.
struct MasterLife {
  MasterLife(Scheduler* scheduler, ProcessRef life)
      : process(std::move(life)), background(scheduler, process, 1, 3 * kMs) {}

  const ProcessRef process;
  SimExecutor background;
  Machine::Stores stores;
  std::unique_ptr<CheckpointStore> store;
  SimNetwork* network = nullptr;
  std::unique_ptr<JobMaster> master;
  WorkerLife* worker = nullptr;  // Where it deploys to; null: nowhere yet.
};

class Cluster {
 public:
  explicit Cluster(const Scenario& scenario)
      : scenario_(scenario),
        input_{scenario.splits, scenario.rows_per_split, scenario.keys},
        faults_(scenario),
        scheduler_(scenario.seed),
        machine_(scenario, &scheduler_),
        world_(&scheduler_, &faults_),
        dice_(scenario, &scheduler_, &faults_,
              [this](const ProcessRef& process) { Kill(process); }) {
    RegisterSim(connectors_, &world_);
    RegisterCsvFormat(connectors_);
    RegisterRawFormat(connectors_);
    RegisterChangelogOutConnector(connectors_);
    RegisterFilesystemConnector(connectors_);
  }

  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster();

  Outcome Run();

 private:
  absl::Status RunToTheEnd();
  void StartMaster();
  absl::Status OpenMaster(MasterLife& life);
  TaskManagerLife* TaskManagerOf(MasterLife& master);
  void OnDeploy(const Manifest* restored);
  void OnComplete(CheckpointId checkpoint, bool final);
  void OnState(const ProcessRef& master, JobState state,
               const absl::Status& failure);

  void Chaos();
  void Kill(const ProcessRef& process);
  void KillMaster(int64_t zombie_nanos = 0);
  void KillTaskManagerOf(MasterLife* master);
  void PowerCut();
  void EndLater(const ProcessRef& process, int64_t delay_nanos);
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
  std::vector<std::unique_ptr<WorkerLife>> workers_;  // Zombies, too.
  std::vector<std::unique_ptr<MasterLife>> old_masters_;
  std::set<int64_t> completed_;
  int rescales_ = 0;
  int lives_ = 0;
  int64_t healed_at_nanos_ = 0;
  absl::Status broken_;
  bool ending_ = false;  // The final checkpoint has completed.
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

TaskManagerLife* Cluster::TaskManagerOf(MasterLife& master) {
  if (master.worker != nullptr) return &master.worker->life;
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
                              .faults = &faults_,
                              .process = worker->life.process,
                              .workers = scenario_.workers,
                              .connectors = &connectors_,
                              .functions = &Functions(),
                              .objects = worker->stores.objects.get(),
                              .disk = worker->stores.disk.get(),
                              .job_id = std::string(kJobId),
                              .backend = {
                                  .asks_for_changes = scenario_.only_changes,
                                  .inline_limit_bytes =
                                      scenario_.inline_limit_bytes}});
  workers_.push_back(std::move(worker));
  master.worker = workers_.back().get();
  return &master.worker->life;
}

void Cluster::OnDeploy(const Manifest* restored) {
  const int64_t id = restored == nullptr ? 0 : restored->checkpoint.value();
  scheduler_.Trace(absl::StrCat("deploy from checkpoint ", id));
  if (id > 0) ++outcome_.restores;
  if (id == 0 && ending_) {
    // It had finished and let go of its checkpoints; nobody had heard of it.
    finished_ = true;
    return;
  }
  const int64_t newest = completed_.empty() ? 0 : *completed_.rbegin();
  if (id < newest && broken_.ok()) {
    broken_ = absl::FailedPreconditionError(absl::StrCat(
        "restored checkpoint ", id, " though ", newest, " had completed"));
  }
}

void Cluster::OnComplete(CheckpointId checkpoint, bool final) {
  scheduler_.Trace(absl::StrCat("complete ", checkpoint.value()));
  completed_.insert(checkpoint.value());
  ending_ |= final;
  if (faults_.healed()) return;
  const double portions = static_cast<double>(completed_.size()) + 1;
  world_.SetProgress(std::min(kBeforeHealing, portions / kPortions));
}

void Cluster::OnState(const ProcessRef& master, JobState state,
                      const absl::Status& failure) {
  scheduler_.Trace(absl::StrCat(ToString(state), " ", failure.ToString()));
  if (state == JobState::kFinished) finished_ = true;
  // That a master which was replaced fails is right: it is shut out.
  if (master_ == nullptr || master_->process != master) return;
  if (state != JobState::kFailed) return;
  if (!old_masters_.empty() ||
      absl::StrContains(failure.message(), "JOB-0032")) {
    // The old master began an attempt once more, which shut this one out: its
    // files may be gone. It is begun anew.
    KillMaster();
  } else {
    broken_ = failure;
  }
}

void Cluster::EndLater(const ProcessRef& process, int64_t delay_nanos) {
  scheduler_.Post(nullptr, delay_nanos, [process] { process->alive = false; });
}

void Cluster::KillMaster(int64_t zombie_nanos) {
  if (master_ == nullptr) return;
  // Sinks into files of one machine lock them: there are no zombies.
  if (scenario_.sink != Scenario::Sink::kTable) {
    zombie_nanos = 0;
    KillTaskManagerOf(master_.get());
  }
  scheduler_.Trace(absl::StrCat(master_->process->name, " ends"));
  // Its task manager is nobody's from now on, but does not know.
  if (master_->worker != nullptr) {
    EndLater(master_->worker->life.process,
             zombie_nanos + scheduler_.Jitter(kMostZombie));
  }
  if (zombie_nanos == 0) {
    master_->process->alive = false;
  } else {
    EndLater(master_->process, zombie_nanos);
  }
  old_masters_.push_back(std::move(master_));
  scheduler_.Post(nullptr, scheduler_.Jitter(kMostDown),
                  [this] { StartMaster(); });
}

void Cluster::KillTaskManagerOf(MasterLife* master) {
  if (master == nullptr || master->worker == nullptr) return;
  const ProcessRef process = master->worker->life.process;
  scheduler_.Trace(absl::StrCat(process->name, " dies"));
  process->alive = false;
  master->worker = nullptr;
  master->network->OnTaskManagerDeath(process);
}

void Cluster::Kill(const ProcessRef& process) {
  process->alive = false;
  if (master_ != nullptr && master_->process == process) {
    KillMaster();
    return;
  }
  const auto kill_its_own = [&](MasterLife* master) {
    if (master != nullptr && master->worker != nullptr &&
        master->worker->life.process == process) {
      KillTaskManagerOf(master);
    }
  };
  kill_its_own(master_.get());
  for (const auto& master : old_masters_) kill_its_own(master.get());
}

void Cluster::PowerCut() {
  KillTaskManagerOf(master_.get());
  KillMaster();
  for (const auto& worker : workers_) worker->life.process->alive = false;
  for (const auto& master : old_masters_) master->process->alive = false;
  machine_.PowerCut();
  scheduler_.Trace("power cut");
}

void Cluster::Chaos() {
  if (faults_.Roll(Fault::kPowerCut)) PowerCut();
  if (faults_.Roll(Fault::kKillProcess)) {
    KillTaskManagerOf(master_.get());
    KillMaster();
  }
  if (master_ != nullptr && master_->worker != nullptr &&
      faults_.Roll(Fault::kKillTaskManager)) {
    KillTaskManagerOf(master_.get());
  }
  if (master_ != nullptr && faults_.Roll(Fault::kKillMaster)) KillMaster();
  if (master_ != nullptr && faults_.Roll(Fault::kTwoMasters)) {
    KillMaster(1 + scheduler_.Jitter(kMostZombie));
  }
  if (master_ != nullptr && faults_.Roll(Fault::kRescale)) {
    ++rescales_;
    KillTaskManagerOf(master_.get());
    KillMaster();
  }
  if (master_ != nullptr && faults_.Roll(Fault::kAskSavepoint)) {
    master_->master->Checkpoint(/*savepoint=*/scheduler_.rng().Below(2) == 0,
                                [](const absl::StatusOr<CheckpointId>&) {});
  }
  if (faults_.Roll(Fault::kClockStep)) {
    scheduler_.clock().StepWall(scheduler_.Jitter(2 * kClockStep) - kClockStep);
  }
  if (master_ != nullptr && faults_.Roll(Fault::kPause)) {
    Process& process =
        master_->worker != nullptr && scheduler_.rng().Below(2) == 0
            ? *master_->worker->life.process
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
  const auto is_dead = [](const ProcessRef& process) {
    return !process->alive;
  };
  const bool any =
      std::any_of(old_masters_.begin(), old_masters_.end(),
                  [&](const auto& life) { return is_dead(life->process); }) ||
      std::any_of(workers_.begin(), workers_.end(), [&](const auto& life) {
        return is_dead(life->life.process);
      });
  if (!any) return;
  scheduler_.DropDead();
  std::erase_if(old_masters_,
                [&](const auto& life) { return is_dead(life->process); });
  std::erase_if(workers_, [&](const auto& life) {
    return is_dead(life->life.process);
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
        return absl::DeadlineExceededError(absl::StrCat(
            "does not come to its end: ",
            master_ == nullptr ? "no master"
                               : ToString(master_->master->state()),
            ", checkpoint ", completed_.empty() ? 0 : *completed_.rbegin()));
      }
    } else if (now >= chaos_at_nanos && !HealWhenDue()) {
      chaos_at_nanos = now + kChaosEvery;
      Chaos();
    }
  }
  const Job& job = Jobs()[scenario_.job];
  if (scenario_.sink == Scenario::Sink::kTable) {
    return CheckOutput(job, input_, world_.output());
  }
  absl::StatusOr<std::vector<std::string>> lines =
      machine_.VisibleLines(kOutput);
  return lines.ok() ? CheckLines(job, input_, *lines) : lines.status();
}

// Nothing is to happen to what is being destroyed.
Cluster::~Cluster() {
  PowerCut();
  scheduler_.DropDead();
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
      Jobs()[scenario_.job], input_, SinkOptions(scenario_.sink),
      scenario_.parallelisms[rescales_ % scenario_.parallelisms.size()],
      connectors_, Functions());
  if (!plan.ok()) return plan.status();
  life.store = std::make_unique<CheckpointStore>(life.stores.objects.get(),
                                                 life.stores.records.get());
  networks_.push_back(std::make_unique<SimNetwork>(SimNetwork::Ends{
      .scheduler = &scheduler_,
      .faults = &faults_,
      .master = life.process,
      .task_manager = [this, &life] { return TaskManagerOf(life); },
      .on_deploy = [this](const Manifest* restored) { OnDeploy(restored); },
      .on_complete =
          [this](CheckpointId id, bool final) { OnComplete(id, final); }}));
  life.network = networks_.back().get();
  auto master = JobMaster::Open(
      *plan,
      {.connectors = &connectors_,
       .clock = &scheduler_.clock(),
       .background = &life.background,
       .deployer = life.network,
       .job_id = std::string(kJobId),
       .store = life.store.get(),
       .checkpoints = {.interval = absl::Milliseconds(scenario_.interval_ms),
                       .timeout = kCheckpointTimeout,
                       .tolerable_failures = kTolerableFailures},
       .failover = {.strategy = FailoverPolicy::Strategy::kFixedDelay,
                    .attempts = INT64_MAX,
                    .delay = kRestartDelay},
       .on_state = [this, process = life.process](
                       JobState state, const absl::Status& failure) {
         OnState(process, state, failure);
       }});
  if (!master.ok()) return master.status();
  life.master = *std::move(master);
  return absl::OkStatus();
}

}  // namespace

Outcome RunScenario(const Scenario& scenario) { return Cluster(scenario).Run(); }

}  // namespace millrace::sim
