#include "tests/sim/cluster.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sim/lives.h"
#include "tests/sim/nodes/cluster_run.h"
#include "tests/sim/scene.h"
#include "tests/sim/surroundings.h"

namespace millrace::sim {
namespace {

constexpr int64_t kStrikeEvery = 10 * kMs;
constexpr int64_t kHealLatest = 60'000 * kMs;
constexpr int64_t kMostAfterHealed = 60'000 * kMs;
constexpr int64_t kMostPause = 600 * kMs;
constexpr int64_t kClockStep = 3'600'000 * kMs;
constexpr char kTable[] = "dst";

// One job's master and the task manager it deploys to.
class Cluster final : public Scene::Cast {
 public:
  explicit Cluster(const Scenario& scenario)
      : scene_(scenario,
               {.strike_every_nanos = kStrikeEvery,
                .heal_latest_nanos = kHealLatest,
                .most_after_healed_nanos = kMostAfterHealed,
                .kill =
                    [this](const ProcessRef& process) {
                      lives_.Kill(process);
                    }}),
        lives_(OptionsOfLives()) {}

  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Outcome Run();

  bool IsOver() override { return finished_; }
  absl::Status Mistake() override { return broken_; }
  void Reap() override { lives_.Reap(); }
  void Strike() override;
  bool HasSeenEnough() override {
    return static_cast<int64_t>(completed_.size()) >= kLeastCheckpoints;
  }
  std::string Standing() override;

 private:
  Lives::Options OptionsOfLives();
  void OnDeploy(const Manifest* restored);
  void OnComplete(CheckpointId checkpoint, bool final);
  void OnState(JobState state, const absl::Status& failure, bool current);
  void Finish();

  Scene scene_;
  Lives lives_;
  std::set<int64_t> completed_;
  int64_t restores_ = 0;
  absl::Status broken_;
  bool ending_ = false;  // The final checkpoint has completed.
  bool finished_ = false;
};

Lives::Options Cluster::OptionsOfLives() {
  return {.scenario = &scene_.scenario(),
          .faults = &scene_.faults(),
          .scheduler = &scene_.scheduler(),
          .machine = &scene_.machine(),
          .connectors = &scene_.connectors(),
          .functions = &SimFunctions(),
          .plan =
              [this](int parallelism) {
                const Scenario& scenario = scene_.scenario();
                return PlanOf(
                    Jobs()[scenario.job], scene_.input(),
                    SinkOptions(scenario.sink, kTable),
                    {{"parallelism.default", absl::StrCat(parallelism)}},
                    scene_.connectors(), SimFunctions());
              },
          .on_deploy = [this](const Manifest* restored) { OnDeploy(restored); },
          .on_complete =
              [this](CheckpointId id, bool final) { OnComplete(id, final); },
          .on_state =
              [this](JobState state, const absl::Status& failure,
                     bool current) { OnState(state, failure, current); },
          .on_broken = [this](absl::Status why) { broken_ = std::move(why); }};
}

void Cluster::Finish() {
  finished_ = true;
  lives_.End();
}

void Cluster::OnDeploy(const Manifest* restored) {
  const int64_t id = restored == nullptr ? 0 : restored->checkpoint.value();
  scene_.scheduler().Trace(absl::StrCat("deploy from checkpoint ", id));
  if (id > 0) ++restores_;
  if (id == 0 && ending_) {
    // It had finished and let go of its checkpoints; nobody had heard of it.
    Finish();
    return;
  }
  const int64_t newest = completed_.empty() ? 0 : *completed_.rbegin();
  if (id < newest && broken_.ok()) {
    broken_ = absl::FailedPreconditionError(absl::StrCat(
        "restored checkpoint ", id, " though ", newest, " had completed"));
  }
}

void Cluster::OnComplete(CheckpointId checkpoint, bool final) {
  scene_.scheduler().Trace(absl::StrCat("complete ", checkpoint.value()));
  completed_.insert(checkpoint.value());
  ending_ |= final;
  scene_.OnProgress(static_cast<double>(completed_.size()));
}

void Cluster::OnState(JobState state, const absl::Status& failure,
                      bool current) {
  scene_.scheduler().Trace(
      absl::StrCat(ToString(state), " ", failure.ToString()));
  if (state == JobState::kFinished) Finish();
  // That a master which was replaced fails is right: it is shut out.
  if (!current || state != JobState::kFailed) return;
  if (lives_.has_zombie_master() ||
      absl::StrContains(failure.message(), "JOB-0032")) {
    // The old master began an attempt once more, which shut this one out: its
    // files may be gone. It is begun anew.
    lives_.KillMaster();
  } else {
    broken_ = failure;
  }
}

void Cluster::Strike() {
  FaultBook& faults = scene_.faults();
  Scheduler& scheduler = scene_.scheduler();
  if (faults.Roll(Fault::kPowerCut)) lives_.PowerCut();
  if (faults.Roll(Fault::kKillProcess)) {
    lives_.KillTaskManager();
    lives_.KillMaster();
  }
  if (lives_.has_task_manager() && faults.Roll(Fault::kKillTaskManager)) {
    lives_.KillTaskManager();
  }
  const auto hits_master = [&](Fault fault) {
    return lives_.master() != nullptr && faults.Roll(fault);
  };
  if (hits_master(Fault::kKillMaster)) lives_.KillMaster();
  if (hits_master(Fault::kTwoMasters)) {
    lives_.KillMaster(1 + scheduler.Jitter(Lives::kMostZombieNanos));
  }
  if (hits_master(Fault::kRescale)) lives_.Rescale();
  if (hits_master(Fault::kAskSavepoint)) {
    lives_.master()->Checkpoint(/*savepoint=*/scheduler.rng().Below(2) == 0,
                                [](const absl::StatusOr<CheckpointId>&) {});
  }
  if (faults.Roll(Fault::kClockStep)) {
    scheduler.clock().StepWall(scheduler.Jitter(2 * kClockStep) - kClockStep);
  }
  if (hits_master(Fault::kPause)) {
    const bool worker =
        lives_.has_task_manager() && scheduler.rng().Below(2) == 0;
    Process& process = worker ? lives_.task_manager_process()
                              : lives_.master_process();
    process.paused_until_nanos =
        scheduler.clock().nanos() + scheduler.Jitter(kMostPause);
  }
}

std::string Cluster::Standing() {
  return absl::StrCat(completed_.size(), " checkpoints, the latest ",
                      completed_.empty() ? 0 : *completed_.rbegin(), ", ",
                      lives_.master() == nullptr
                          ? "no master"
                          : ToString(lives_.master()->state()));
}

Outcome Cluster::Run() {
  lives_.Start();
  absl::Status status = scene_.Run(*this);
  if (status.ok()) {
    const JobInput& input = scene_.input();
    status = scene_.Check({.job = &Jobs()[scene_.scenario().job],
                           .input = input,
                           .from = NoneOf(input),
                           .to = AllOf(input)},
                          kTable);
  }
  Outcome outcome = scene_.MakeOutcome(std::move(status));
  outcome.checkpoints = static_cast<int64_t>(completed_.size());
  outcome.restores = restores_;
  return outcome;
}

}  // namespace

Outcome RunScenario(const Scenario& scenario) {
  return scenario.kind == Kind::kCluster ? RunCluster(scenario)
                                         : Cluster(scenario).Run();
}

}  // namespace millrace::sim
