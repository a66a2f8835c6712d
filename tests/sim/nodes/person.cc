#include "tests/sim/nodes/person.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "tests/sim/nodes/savepoint_copy.h"
#include "tests/sim/scene.h"

namespace millrace::sim {
namespace {

constexpr int64_t kLookEveryNanos = 200'000'000;
// One look in so many at a leader that stands still comes to anything.
constexpr uint64_t kLooksAtOneAsleep = 8;

}  // namespace

Person::Person(const Site* site, Fleet* fleet, Watch* watch)
    : site_(*site), fleet_(*fleet), watch_(*watch) {
  const Scenario& scenario = *site_.scenario;
  const auto takes = [&](const Job& job) {
    return job.key_columns == 0 || scenario.sink != Scenario::Sink::kFiles;
  };
  size_t next = scenario.job;
  for (int i = 0; i < scenario.jobs_at_once; ++i) {
    while (!takes(Jobs()[next % Jobs().size()])) ++next;
    Add({.job = &Jobs()[next % Jobs().size()],
         .input = site_.scene->input(),
         .from = NoneOf(site_.scene->input()),
         .most_turns = scenario.most_turns});
    // Where there are two they are often the same query.
    next += site_.scheduler->rng().Below(2);
  }
}

void Person::Add(Errand::Options options) {
  options.number = static_cast<int>(errands_.size()) + 1;
  errands_.push_back(std::make_unique<Errand>(
      &site_, &watch_, std::move(options),
      [this](const Errand::Options& from, const std::string& folder) {
        MaybeFork(from, folder);
      }));
}

void Person::MaybeFork(const Errand::Options& from,
                       const std::string& folder) {
  if (forked_.size() >= kMostForks || !site_.faults->Roll(Fault::kForked)) {
    return;
  }
  auto bytes = site_.machine->Peek(absl::StrCat(folder, "/manifest"));
  auto manifest = bytes.ok() ? DecodeManifest(*bytes) : bytes.status();
  auto positions = manifest.ok() ? PositionsIn(*manifest, from.input)
                                 : manifest.status();
  if (!positions.ok()) {
    return watch_.Mistake(absl::StrCat("nothing begins from ", folder, ": ",
                                       positions.status().ToString()));
  }
  forked_[folder] = *std::move(bytes);
  Errand::Options fork = from;
  fork.forked_from = folder;
  fork.from = *std::move(positions);
  fork.most_turns = std::min(fork.most_turns, 1);
  Add(std::move(fork));
}

void Person::LookLater() {
  site_.scheduler->Post(nullptr, kLookEveryNanos, [this] {
    Look();
    LookLater();
  });
}

// One that stands still hears what it was asked when it wakes, before it knows
// that its lease is over.
void Person::Look() {
  const std::vector<JobManagerNode*> leaders = fleet_.leaders();
  if (leaders.empty()) return;
  Rng& rng = site_.scheduler->rng();
  JobManagerNode* const leader = leaders[rng.Below(leaders.size())];
  const bool is_asleep = leader->process()->paused_until_nanos >
                         site_.scheduler->clock().nanos();
  if (is_asleep && rng.Below(kLooksAtOneAsleep) > 0) return;
  // More may come meanwhile.
  for (size_t i = 0; i < errands_.size(); ++i) {
    errands_[i]->Look(leader->gateway());
  }
}

bool Person::is_done() const {
  return std::all_of(errands_.begin(), errands_.end(),
                     [](const auto& errand) { return errand->is_done(); });
}

absl::Status Person::CheckTables() const {
  for (const auto& errand : errands_) {
    RETURN_IF_ERROR(
        Annotate(site_.scene->Check(errand->wanted(), errand->table()),
                 errand->table()));
  }
  for (const auto& [folder, bytes] : forked_) {
    const auto now = site_.machine->Peek(absl::StrCat(folder, "/manifest"));
    if (!now.ok() || *now != bytes ||
        !ReadSavepoint(*site_.machine, folder).ok()) {
      return absl::FailedPreconditionError(absl::StrCat(
          folder, " was changed by a job that only began from it"));
    }
  }
  return absl::OkStatus();
}

std::map<std::string, int64_t> Person::deeds() const {
  std::map<std::string, int64_t> deeds;
  for (const auto& errand : errands_) errand->AddDeeds(deeds);
  return deeds;
}

}  // namespace millrace::sim
