#include "tests/sim/cluster.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sim/failpoint_dice.h"
#include "tests/sim/lives.h"
#include "tests/sim/machine.h"
#include "tests/sim/nodes/cluster_run.h"
#include "tests/sim/oracle.h"
#include "tests/sim/surroundings.h"

namespace millrace::sim {
namespace {

constexpr int64_t kChaosEvery = 10 * kMs;
// Faults end at the latest then.
constexpr int64_t kHealAt = 60'000 * kMs;
// How long a healed cluster may take to its end.
constexpr int64_t kMostAfterHealing = 60'000 * kMs;
constexpr int64_t kMostPause = 600 * kMs;
constexpr int64_t kClockStep = 3'600'000 * kMs;
// Input is cut so that about so many checkpoints each have some of it; the last
// of it appears when the cluster is healed.
constexpr double kPortions = 12;
constexpr double kBeforeHealing = 0.95;

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
              [this](const ProcessRef& process) { lives_.Kill(process); }),
        lives_(OptionsOfLives()) {
    RegisterConnectors(connectors_, &world_);
  }

  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Outcome Run();

 private:
  absl::Status RunToTheEnd();
  Lives::Options OptionsOfLives();
  void OnDeploy(const Manifest* restored);
  void OnComplete(CheckpointId checkpoint, bool final);
  void OnState(JobState state, const absl::Status& failure, bool current);
  void Finish();

  void Chaos();
  int64_t FaultsSoFar() const;
  bool HealWhenDue();

  const Scenario scenario_;
  const JobInput input_;
  FaultBook faults_;
  Scheduler scheduler_;
  Machine machine_;
  World world_;
  FailpointDice dice_;
  ConnectorRegistry connectors_;
  Outcome outcome_;

  Lives lives_;
  std::set<int64_t> completed_;
  int64_t healed_at_nanos_ = 0;
  absl::Status broken_;
  bool ending_ = false;  // The final checkpoint has completed.
  bool finished_ = false;
};

Lives::Options Cluster::OptionsOfLives() {
  return {.scenario = &scenario_,
          .faults = &faults_,
          .scheduler = &scheduler_,
          .machine = &machine_,
          .connectors = &connectors_,
          .functions = &SimFunctions(),
          .plan =
              [this](int parallelism) {
                return PlanOf(Jobs()[scenario_.job], input_,
                              SinkOptions(scenario_.sink), parallelism,
                              connectors_, SimFunctions());
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
  scheduler_.Trace(absl::StrCat("deploy from checkpoint ", id));
  if (id > 0) ++outcome_.restores;
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
  scheduler_.Trace(absl::StrCat("complete ", checkpoint.value()));
  completed_.insert(checkpoint.value());
  ending_ |= final;
  if (faults_.healed()) return;
  const double portions = static_cast<double>(completed_.size()) + 1;
  world_.SetProgress(std::min(kBeforeHealing, portions / kPortions));
}

void Cluster::OnState(JobState state, const absl::Status& failure,
                      bool current) {
  scheduler_.Trace(absl::StrCat(ToString(state), " ", failure.ToString()));
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

void Cluster::Chaos() {
  if (faults_.Roll(Fault::kPowerCut)) lives_.PowerCut();
  if (faults_.Roll(Fault::kKillProcess)) {
    lives_.KillTaskManager();
    lives_.KillMaster();
  }
  if (lives_.has_task_manager() && faults_.Roll(Fault::kKillTaskManager)) {
    lives_.KillTaskManager();
  }
  const auto hits_master = [&](Fault fault) {
    return lives_.master() != nullptr && faults_.Roll(fault);
  };
  if (hits_master(Fault::kKillMaster)) lives_.KillMaster();
  if (hits_master(Fault::kTwoMasters)) {
    lives_.KillMaster(1 + scheduler_.Jitter(Lives::kMostZombieNanos));
  }
  if (hits_master(Fault::kRescale)) lives_.Rescale();
  if (hits_master(Fault::kAskSavepoint)) {
    lives_.master()->Checkpoint(/*savepoint=*/scheduler_.rng().Below(2) == 0,
                                [](const absl::StatusOr<CheckpointId>&) {});
  }
  if (faults_.Roll(Fault::kClockStep)) {
    scheduler_.clock().StepWall(scheduler_.Jitter(2 * kClockStep) - kClockStep);
  }
  if (hits_master(Fault::kPause)) {
    const bool worker =
        lives_.has_task_manager() && scheduler_.rng().Below(2) == 0;
    Process& process = worker ? lives_.task_manager_process()
                              : lives_.master_process();
    process.paused_until_nanos =
        scheduler_.clock().nanos() + scheduler_.Jitter(kMostPause);
  }
}

int64_t Cluster::FaultsSoFar() const {
  std::array<int64_t, kFaultKinds> counts = {};
  machine_.AddCounts(counts);
  return std::accumulate(counts.begin(), counts.end(), faults_.total());
}

bool Cluster::HealWhenDue() {
  outcome_.saw_enough =
      static_cast<int64_t>(completed_.size()) >= kLeastCheckpoints &&
      FaultsSoFar() >= kLeastFaults;
  if (!outcome_.saw_enough && scheduler_.clock().nanos() < kHealAt) {
    return false;
  }
  outcome_.seen = absl::StrCat(completed_.size(), " checkpoints under ",
                               FaultsSoFar(), " faults");
  faults_.Heal();
  machine_.Heal();
  healed_at_nanos_ = scheduler_.clock().nanos();
  world_.SetProgress(1);
  return true;
}

absl::Status Cluster::RunToTheEnd() {
  world_.SetProgress(1 / kPortions);
  lives_.Start();
  int64_t chaos_at_nanos = 0;
  while (!finished_) {
    if (!broken_.ok()) return broken_;
    if (!scheduler_.RunNext()) {
      return absl::InternalError("nothing is going to happen any more");
    }
    lives_.Reap();
    const int64_t now = scheduler_.clock().nanos();
    if (faults_.healed()) {
      if (now > healed_at_nanos_ + kMostAfterHealing) {
        return absl::DeadlineExceededError(absl::StrCat(
            "does not come to its end: ",
            lives_.master() == nullptr ? "no master"
                                       : ToString(lives_.master()->state()),
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

}  // namespace

Outcome RunScenario(const Scenario& scenario) {
  return scenario.kind == Kind::kCluster ? RunCluster(scenario)
                                         : Cluster(scenario).Run();
}

}  // namespace millrace::sim
