#include "tests/sim/nodes/cluster_run.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sim/nodes/chaos.h"
#include "tests/sim/nodes/fleet.h"
#include "tests/sim/nodes/person.h"
#include "tests/sim/nodes/watch.h"
#include "tests/sim/scene.h"
#include "tests/sim/surroundings.h"

namespace millrace::sim {
namespace {

constexpr int64_t kClusterHealLatest = 600'000 * kMs;
// A process may still stand still for 70 s, and hold the slot that a job needs.
constexpr int64_t kClusterMostAfterHealed = 300'000 * kMs;
constexpr int64_t kClusterMoreStorm = 40'000 * kMs;
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

class ClusterRun final : public Scene::Cast {
 public:
  explicit ClusterRun(const Scenario& scenario)
      : scene_(scenario,
               {.strike_every_nanos = Chaos::kEveryNanos,
                .heal_latest_nanos = kClusterHealLatest,
                .more_storm_nanos = kClusterMoreStorm,
                .most_after_healed_nanos = kClusterMostAfterHealed,
                .kill =
                    [this](const ProcessRef& process) {
                      fleet_.Kill(process);
                    }}),
        watch_(&scene_.scheduler().clock(),
               [this](const std::string& job) { OnCompleted(job); }),
        wire_(OptionsOfWire()),
        site_{.scene = &scene_,
              .scenario = &scene_.scenario(),
              .faults = &scene_.faults(),
              .scheduler = &scene_.scheduler(),
              .machine = &scene_.machine(),
              .wire = &wire_,
              .connectors = &scene_.connectors(),
              .functions = &SimFunctions(),
              .config = ConfigOf(scenario)},
        person_(&site_, &fleet_, &watch_),
        fleet_(&site_),
        chaos_(&site_, &fleet_) {
    scene_.machine().WatchRecords(
        [this](const std::string& name, const auto& value) {
          watch_.OnRecord(name, value);
        });
    scene_.world().SetSlowestPoll(kSlowestPollMicros);
    scene_.world().SetOnCommit(
        [this](const std::string& name) { watch_.OnCommit(name); });
  }
  ClusterRun(const ClusterRun&) = delete;
  ClusterRun& operator=(const ClusterRun&) = delete;

  Outcome Run();

  bool IsOver() override { return person_.is_done() && NothingRuns(); }
  absl::Status Mistake() override { return watch_.mistake(); }
  void Reap() override { fleet_.Reap(); }
  void Strike() override { chaos_.Strike(); }
  bool HasSeenEnough() override {
    return watch_.completed() >= kLeastCheckpoints &&
           chaos_.blows() >= Chaos::kLeastBlows;
  }
  std::string Standing() override;

 private:
  Wire::Options OptionsOfWire();
  void OnCompleted(const std::string& job);
  // Of no TaskManager that lives, for all that it said last.
  bool NothingRuns();

  Scene scene_;
  Watch watch_;
  Wire wire_;
  const Site site_;
  Person person_;  // Answered until the fleet is gone.
  Fleet fleet_;
  Chaos chaos_;
};

Wire::Options ClusterRun::OptionsOfWire() {
  return {.scheduler = &scene_.scheduler(),
          .faults = &scene_.faults(),
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
              }};
}

void ClusterRun::OnCompleted(const std::string& job) {
  scene_.scheduler().Trace(
      absl::StrCat("checkpoint ", watch_.job(job).latest(), " of ",
                   job.substr(0, 6), " counts"));
  scene_.OnProgress(static_cast<double>(watch_.completed()) /
                    scene_.scenario().jobs_at_once);
}

bool ClusterRun::NothingRuns() {
  for (const TaskManagerNode* node : fleet_.task_managers()) {
    if (!watch_.RunsOn(node->host()).empty()) return false;
  }
  return true;
}

std::string ClusterRun::Standing() {
  std::string text = absl::StrCat(watch_.Standing(), ", ", chaos_.blows(),
                                  " blows to processes and network");
  for (const TaskManagerNode* node : fleet_.task_managers()) {
    for (const AttemptRef& attempt : watch_.RunsOn(node->host())) {
      absl::StrAppend(&text, ", ", attempt.job_id.substr(0, 6), "/",
                      attempt.attempt, " on ", node->host());
    }
  }
  return text;
}

Outcome ClusterRun::Run() {
  fleet_.Start();
  person_.Start();
  absl::Status status = scene_.Run(*this);
  if (status.ok()) status = person_.CheckTables();
  Outcome outcome = scene_.MakeOutcome(std::move(status));
  outcome.checkpoints = watch_.completed();
  outcome.restores = watch_.restores();
  outcome.fenced = fleet_.fenced();
  outcome.terms = watch_.terms();
  outcome.deeds = person_.deeds();
  return outcome;
}

}  // namespace

Outcome RunCluster(const Scenario& scenario) {
  return ClusterRun(scenario).Run();
}

}  // namespace millrace::sim
