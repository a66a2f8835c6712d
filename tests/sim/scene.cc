#include "tests/sim/scene.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/surroundings.h"

namespace millrace::sim {
namespace {

// Of the input before everything was seen.
constexpr double kBeforeTheLast = 0.95;

}  // namespace

Scene::Scene(const Scenario& scenario, Options options)
    : scenario_(scenario),
      options_(std::move(options)),
      input_{scenario.splits, scenario.rows_per_split, scenario.keys},
      faults_(scenario),
      scheduler_(scenario.seed),
      machine_(scenario, &scheduler_),
      world_(&scheduler_, &faults_),
      dice_(scenario, &scheduler_, &faults_, options_.kill) {
  RegisterConnectors(connectors_, &world_);
  world_.SetProgress(1 / kPortions);
}

void Scene::OnProgress(double completed) {
  if (may_end()) return;
  world_.SetProgress(std::min(kBeforeTheLast, (completed + 1) / kPortions));
}

int64_t Scene::FaultsSoFar() const {
  std::array<int64_t, kFaultKinds> counts = {};
  machine_.AddCounts(counts);
  return std::accumulate(counts.begin(), counts.end(), faults_.total());
}

bool Scene::HealWhenDue(Cast& cast) {
  saw_enough_ = FaultsSoFar() >= kLeastFaults && cast.HasSeenEnough();
  const int64_t now = now_nanos();
  if (!saw_enough_ && now < options_.heal_latest_nanos) return false;
  if (seen_enough_at_nanos_ == 0) seen_enough_at_nanos_ = now;
  // Who is to end where it is gets no more.
  if (!scenario_.drains) world_.SetProgress(1);
  if (scenario_.ends_in_storm &&
      now < seen_enough_at_nanos_ + options_.more_storm_nanos) {
    return false;
  }
  seen_ = absl::StrCat(cast.Standing(), ", under ", FaultsSoFar(), " faults");
  faults_.Heal();
  machine_.Heal();
  healed_at_nanos_ = now;
  scheduler_.Trace("healed");
  return true;
}

absl::Status Scene::Run(Cast& cast) {
  while (!cast.IsOver()) {
    if (absl::Status mistake = cast.Mistake(); !mistake.ok()) return mistake;
    if (!scheduler_.RunNext()) {
      return absl::InternalError("nothing is going to happen any more");
    }
    cast.Reap();
    const int64_t now = now_nanos();
    if (faults_.healed()) {
      if (now > healed_at_nanos_ + options_.most_after_healed_nanos) {
        return absl::DeadlineExceededError(
            absl::StrCat("does not come to its end: ", cast.Standing()));
      }
    } else if (now >= strike_at_nanos_ && !HealWhenDue(cast)) {
      strike_at_nanos_ = now + options_.strike_every_nanos;
      cast.Strike();
    }
  }
  return cast.Mistake();
}

absl::Status Scene::Check(const Result& wanted, const std::string& table) {
  machine_.Heal();  // Of what is read here.
  if (scenario_.sink == Scenario::Sink::kTable) {
    return CheckOutput(wanted, world_.output(table));
  }
  const auto lines = machine_.VisibleLines(OutputFolder(table));
  if (absl::IsNotFound(lines.status())) return CheckLines(wanted, {});
  return lines.ok() ? CheckLines(wanted, *lines) : lines.status();
}

Outcome Scene::MakeOutcome(absl::Status status) const {
  Outcome outcome = {.status = std::move(status),
                     .saw_enough = saw_enough_,
                     .seen = seen_,
                     .faults = faults_.counts(),
                     .commits = world_.commits(),
                     .repeated_commits = world_.repeated_commits(),
                     .rows = world_.rows(),
                     .simulated_ms = now_nanos() / kMs,
                     .failpoints = dice_.reached(),
                     .failpoint_kills = dice_.kills()};
  machine_.AddCounts(outcome.faults);
  return outcome;
}

}  // namespace millrace::sim
