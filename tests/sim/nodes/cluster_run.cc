#include "tests/sim/nodes/cluster_run.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sim/failpoint_dice.h"
#include "tests/sim/nodes/chaos.h"
#include "tests/sim/nodes/fleet.h"
#include "tests/sim/nodes/person.h"
#include "tests/sim/nodes/watch.h"
#include "tests/sim/oracle.h"
#include "tests/sim/surroundings.h"

namespace millrace::sim {
namespace {

constexpr char kClusterJobId[] = "00000000000000000000000000000051";
// Faults end at the latest then.
constexpr int64_t kHealLatest = 600'000 * kMs;
// How long a healed cluster may take to its end: a process may still stand
// still for 70 s, and hold the slot that the job needs.
constexpr int64_t kMostAfterHealed = 300'000 * kMs;
// So long faults go on where the job may end among them.
constexpr int64_t kMoreStorm = 40'000 * kMs;
// As in a cluster of one job: portions of the input for each checkpoint.
constexpr double kInputPortions = 12;
constexpr double kBeforeHealed = 0.95;
// Readers look for rows that seldom: simulated seconds are many.
constexpr int64_t kSlowestPollMicros = 60'000;

TableOptions ConfigOf(const Scenario& scenario) {
  return {
      {"execution.checkpointing.dir", "/checkpoints"},
      {"execution.checkpointing.savepoint-dir", "/savepoints"},
      {"execution.checkpointing.interval",
       absl::StrCat(scenario.interval_ms, " ms")},
      {"execution.checkpointing.timeout", "4 s"},
      {"execution.checkpointing.tolerable-failed-checkpoints", "20"},
      {"restart-strategy.type", "fixed-delay"},
      {"restart-strategy.fixed-delay.attempts", "1000000"},
      {"restart-strategy.fixed-delay.delay", "50 ms"},
  };
}

class ClusterRun {
 public:
  explicit ClusterRun(const Scenario& scenario)
      : scenario_(scenario),
        input_{scenario.splits, scenario.rows_per_split, scenario.keys},
        faults_(scenario),
        scheduler_(scenario.seed),
        machine_(scenario, &scheduler_),
        world_(&scheduler_, &faults_),
        watch_(kClusterJobId, &scheduler_.clock(), [this] { OnCompleted(); }),
        wire_({.scheduler = &scheduler_,
               .faults = &faults_,
               .on_control =
                   [this](const std::string& from, const std::string& to,
                          const std::string& bytes) {
                     if (absl::StartsWith(from, "jm-")) {
                       watch_.OnToTaskManager(from, to, bytes);
                     } else {
                       watch_.OnToJobManager(from, to, bytes);
                     }
                   },
               .on_hung_up =
                   [this](const std::string& host, const std::string& other) {
                     watch_.OnHungUp(host, other);
                   }}),
        dice_(scenario, &scheduler_, &faults_,
              [this](const ProcessRef& process) { fleet_.Kill(process); }),
        site_{.scenario = &scenario_,
              .faults = &faults_,
              .scheduler = &scheduler_,
              .machine = &machine_,
              .wire = &wire_,
              .connectors = &connectors_,
              .functions = &SimFunctions(),
              .config = ConfigOf(scenario)},
        fleet_(&site_),
        chaos_(&site_, &fleet_) {
    RegisterConnectors(connectors_, &world_);
    machine_.WatchRecords([this](const std::string& name, const auto& value) {
      watch_.OnRecord(name, value);
    });
    world_.SetSlowestPoll(kSlowestPollMicros);
    world_.SetOnCommit(
        [this](const std::string& name) { watch_.OnCommit(name); });
  }
  ClusterRun(const ClusterRun&) = delete;
  ClusterRun& operator=(const ClusterRun&) = delete;

  Outcome Run();

 private:
  absl::Status RunToTheEnd();
  absl::Status CheckResult();
  void OnCompleted();
  bool HealWhenDue();
  int64_t FaultsSoFar() const;

  const Scenario scenario_;
  const JobInput input_;
  FaultBook faults_;
  Scheduler scheduler_;
  Machine machine_;
  World world_;
  Watch watch_;
  Wire wire_;
  FailpointDice dice_;
  ConnectorRegistry connectors_;
  Outcome outcome_;
  const Site site_;
  std::optional<Person> person_;  // Answered until the fleet is gone.
  Fleet fleet_;
  Chaos chaos_;
  int64_t seen_enough_at_nanos_ = 0;
  int64_t healed_at_nanos_ = 0;
};

void ClusterRun::OnCompleted() {
  scheduler_.Trace(absl::StrCat("checkpoint ", watch_.latest(), " counts"));
  if (seen_enough_at_nanos_ > 0) return;
  world_.SetProgress(
      std::min(kBeforeHealed,
               static_cast<double>(watch_.completed() + 1) / kInputPortions));
}

int64_t ClusterRun::FaultsSoFar() const {
  std::array<int64_t, kFaultKinds> counts = {};
  machine_.AddCounts(counts);
  return std::accumulate(counts.begin(), counts.end(), faults_.total());
}

bool ClusterRun::HealWhenDue() {
  outcome_.saw_enough = watch_.completed() >= kLeastCheckpoints &&
                        FaultsSoFar() >= kLeastFaults &&
                        chaos_.blows() >= Chaos::kLeastBlows;
  const int64_t now = scheduler_.clock().nanos();
  if (!outcome_.saw_enough && now < kHealLatest) return false;
  // All input is there; faults may go on for a while.
  world_.SetProgress(1);
  if (seen_enough_at_nanos_ == 0) seen_enough_at_nanos_ = now;
  if (scenario_.ends_in_storm && now < seen_enough_at_nanos_ + kMoreStorm) {
    return false;
  }
  outcome_.seen =
      absl::StrCat(watch_.completed(), " checkpoints under ", FaultsSoFar(),
                   " faults, ", chaos_.blows(), " of processes and network");
  faults_.Heal();
  machine_.Heal();
  wire_.Heal();
  healed_at_nanos_ = now;
  scheduler_.Trace("healed");
  return true;
}

absl::Status ClusterRun::RunToTheEnd() {
  auto plan =
      PlanOf(Jobs()[scenario_.job], input_, SinkOptions(scenario_.sink),
             scenario_.parallelisms[0], connectors_, SimFunctions());
  if (!plan.ok()) return plan.status();
  world_.SetProgress(1 / kInputPortions);
  fleet_.Start();
  person_.emplace(&site_, &fleet_, kClusterJobId, *std::move(plan));
  person_->Start();
  while (!watch_.ended()) {
    if (!watch_.mistake().ok()) return watch_.mistake();
    if (!scheduler_.RunNext()) {
      return absl::InternalError("nothing is going to happen any more");
    }
    fleet_.Reap();
    const int64_t now = scheduler_.clock().nanos();
    if (faults_.healed()) {
      if (now > healed_at_nanos_ + kMostAfterHealed) {
        return absl::DeadlineExceededError(absl::StrCat(
            "does not come to its end: attempt ", watch_.attempts(),
            ", checkpoint ", watch_.latest(), ", term ", watch_.terms()));
      }
    } else if (chaos_.IsDue() && !HealWhenDue()) {
      chaos_.Strike();
    }
  }
  return CheckResult();
}

absl::Status ClusterRun::CheckResult() {
  machine_.Heal();  // Of what is read here.
  if (!watch_.mistake().ok()) return watch_.mistake();
  if (watch_.ended()->state != JobState::kFinished) {
    return absl::InternalError(
        absl::StrCat("the job has ended as ", ToString(watch_.ended()->state),
                     ": ", watch_.ended()->failure.ToString()));
  }
  const Job& job = Jobs()[scenario_.job];
  if (scenario_.sink == Scenario::Sink::kTable) {
    return CheckOutput(job, input_, world_.output());
  }
  const auto lines = machine_.VisibleLines(kOutput);
  return lines.ok() ? CheckLines(job, input_, *lines) : lines.status();
}

Outcome ClusterRun::Run() {
  outcome_.status = RunToTheEnd();
  outcome_.faults = faults_.counts();
  machine_.AddCounts(outcome_.faults);
  outcome_.checkpoints = watch_.completed();
  outcome_.restores = watch_.restores();
  outcome_.commits = world_.commits();
  outcome_.repeated_commits = world_.repeated_commits();
  outcome_.rows = static_cast<int64_t>(world_.output().size());
  outcome_.simulated_ms = scheduler_.clock().nanos() / kMs;
  outcome_.fenced = fleet_.fenced();
  outcome_.terms = watch_.terms();
  outcome_.failpoints = dice_.reached();
  outcome_.failpoint_kills = dice_.kills();
  return outcome_;
}

}  // namespace

Outcome RunCluster(const Scenario& scenario) {
  return ClusterRun(scenario).Run();
}

}  // namespace millrace::sim
