#include "tests/sim/lives.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/sim_task_host.h"

namespace millrace::sim {
namespace {

constexpr int64_t kMostDown = 100 * kMs;
constexpr int64_t kMasterCall = 3 * kMs;
constexpr absl::string_view kJobId = "00000000000000000000000000000051";
constexpr absl::Duration kCheckpointTimeout = absl::Milliseconds(500);
constexpr int kTolerableFailures = 20;
constexpr absl::Duration kRestartDelay = absl::Milliseconds(20);
// A task manager comes up again and again until its disk lets it.
constexpr int kOpenTries = 100;

}  // namespace

Lives::Master::Master(Scheduler* scheduler, ProcessRef life)
    : process(std::move(life)),
      background(scheduler, process, 1, kMasterCall) {}

Lives::~Lives() {
  over_ = true;
  PowerCut();
  options_.scheduler->DropDead();
}

void Lives::Start() {
  if (over_ || master_ != nullptr) return;
  auto life = std::make_unique<Master>(
      options_.scheduler, std::make_shared<Process>(Process{
                              .name = absl::StrCat("master-", ++lives_)}));
  const absl::Status opened = Open(*life);
  if (!opened.ok()) {
    // Its disk failed at once: it is started again.
    if (!absl::IsUnavailable(opened)) options_.on_broken(opened);
    options_.scheduler->Post(nullptr, kMostDown, [this] { Start(); });
    return;
  }
  options_.scheduler->AddLoop(
      life->process,
      [master = life->master.get()] { return master->RunOnce(); },
      [] { return true; });
  master_ = std::move(life);
}

absl::Status Lives::Open(Master& life) {
  const Scenario& scenario = *options_.scenario;
  absl::StatusOr<Machine::Stores> stores = options_.machine->Open(life.process);
  if (!stores.ok()) return stores.status();
  life.stores = *std::move(stores);
  absl::StatusOr<JobPlan> plan = options_.plan(
      scenario.parallelisms[rescales_ % scenario.parallelisms.size()]);
  if (!plan.ok()) return plan.status();
  life.store = std::make_unique<CheckpointStore>(life.stores.objects.get(),
                                                 life.stores.records.get());
  networks_.push_back(std::make_unique<SimNetwork>(SimNetwork::Ends{
      .scheduler = options_.scheduler,
      .faults = options_.faults,
      .master = life.process,
      .task_manager = [this, &life] { return TaskManagerOf(life); },
      .on_deploy = options_.on_deploy,
      .on_complete = options_.on_complete}));
  life.network = networks_.back().get();
  auto master = JobMaster::Open(
      *plan,
      {.connectors = options_.connectors,
       .clock = &options_.scheduler->clock(),
       .background = &life.background,
       .deployer = life.network,
       .job_id = std::string(kJobId),
       .store = life.store.get(),
       .checkpoints = {.interval = absl::Milliseconds(scenario.interval_ms),
                       .timeout = kCheckpointTimeout,
                       .tolerable_failures = kTolerableFailures},
       .failover = {.strategy = FailoverPolicy::Strategy::kFixedDelay,
                    .attempts = INT64_MAX,
                    .delay = kRestartDelay},
       .on_state = [this, process = life.process](
                       JobState state, const absl::Status& failure) {
         options_.on_state(
             state, failure,
             master_ != nullptr && master_->process == process);
       }});
  if (!master.ok()) return master.status();
  life.master = *std::move(master);
  return absl::OkStatus();
}

TaskManagerLife* Lives::TaskManagerOf(Master& master) {
  if (master.worker != nullptr) return &master.worker->life;
  const Scenario& scenario = *options_.scenario;
  auto worker = std::make_unique<Worker>();
  worker->life.process = std::make_shared<Process>(
      Process{.name = absl::StrCat("worker-", ++lives_)});
  absl::StatusOr<Machine::Stores> stores =
      options_.machine->Open(worker->life.process);
  for (int i = 0; !stores.ok() && i < kOpenTries; ++i) {
    stores = options_.machine->Open(worker->life.process);
  }
  if (!stores.ok()) {
    options_.on_broken(stores.status());
    return nullptr;
  }
  worker->stores = *std::move(stores);
  worker->life.deployer = std::make_unique<SimTaskHost>(SimTaskHost::Options{
      .scheduler = options_.scheduler,
      .faults = options_.faults,
      .process = worker->life.process,
      .workers = scenario.workers,
      .connectors = options_.connectors,
      .functions = options_.functions,
      .objects = worker->stores.objects.get(),
      .disk = worker->stores.disk.get(),
      .job_id = std::string(kJobId),
      .backend = {.asks_for_changes = scenario.only_changes,
                  .inline_limit_bytes = scenario.inline_limit_bytes,
                  .restore = {.least_shared = 1}}});
  workers_.push_back(std::move(worker));
  master.worker = workers_.back().get();
  return &master.worker->life;
}

void Lives::EndLater(const ProcessRef& process, int64_t delay_nanos) {
  options_.scheduler->Post(nullptr, delay_nanos,
                           [process] { process->alive = false; });
}

void Lives::KillMaster(int64_t zombie_nanos) {
  if (master_ == nullptr) return;
  // Sinks into files of one machine lock them: there are no zombies.
  if (options_.scenario->sink != Scenario::Sink::kTable) {
    zombie_nanos = 0;
    KillTaskManager();
  }
  Scheduler& scheduler = *options_.scheduler;
  scheduler.Trace(absl::StrCat(master_->process->name, " ends"));
  // Its task manager is nobody's from now on, but does not know.
  if (master_->worker != nullptr) {
    EndLater(master_->worker->life.process,
             zombie_nanos + scheduler.Jitter(kMostZombieNanos));
  }
  if (zombie_nanos == 0) {
    master_->process->alive = false;
  } else {
    EndLater(master_->process, zombie_nanos);
  }
  old_masters_.push_back(std::move(master_));
  scheduler.Post(nullptr, scheduler.Jitter(kMostDown), [this] { Start(); });
}

void Lives::KillTaskManagerOf(Master* master) {
  if (master == nullptr || master->worker == nullptr) return;
  const ProcessRef process = master->worker->life.process;
  options_.scheduler->Trace(absl::StrCat(process->name, " dies"));
  process->alive = false;
  master->worker = nullptr;
  master->network->OnTaskManagerDeath(process);
}

void Lives::Kill(const ProcessRef& process) {
  process->alive = false;
  if (master_ != nullptr && master_->process == process) {
    KillMaster();
    return;
  }
  const auto kill_its_own = [&](Master* master) {
    if (master != nullptr && master->worker != nullptr &&
        master->worker->life.process == process) {
      KillTaskManagerOf(master);
    }
  };
  kill_its_own(master_.get());
  for (const auto& master : old_masters_) kill_its_own(master.get());
}

void Lives::PowerCut() {
  KillTaskManager();
  KillMaster();
  for (const auto& worker : workers_) worker->life.process->alive = false;
  for (const auto& master : old_masters_) master->process->alive = false;
  options_.machine->PowerCut();
  options_.scheduler->Trace("power cut");
}

void Lives::Rescale() {
  ++rescales_;
  KillTaskManager();
  KillMaster();
}

void Lives::Reap() {
  const auto is_dead = [](const ProcessRef& process) {
    return !process->alive;
  };
  const auto old_master = [&](const auto& life) {
    return is_dead(life->process);
  };
  const auto worker = [&](const auto& life) {
    return is_dead(life->life.process);
  };
  if (std::none_of(old_masters_.begin(), old_masters_.end(), old_master) &&
      std::none_of(workers_.begin(), workers_.end(), worker)) {
    return;
  }
  options_.scheduler->DropDead();
  std::erase_if(old_masters_, old_master);
  std::erase_if(workers_, worker);
}

}  // namespace millrace::sim
