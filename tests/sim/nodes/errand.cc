#include "tests/sim/nodes/errand.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/nodes/savepoint_copy.h"
#include "tests/sim/scene.h"
#include "tests/sim/surroundings.h"

namespace millrace::sim {
namespace {

// How long the person waits for an answer before asking something else.
constexpr int64_t kPatience = 10'000 * kMs;
// How long a cancelled job is left alone, at most.
constexpr int64_t kMostRest = 4'000 * kMs;
// Of an operator's state what may stay in memory: less than there is.
constexpr char kResident[] = "1 kb";
constexpr char kSavepoints[] = "/savepoints";

}  // namespace

Errand::Errand(const Site* site, Watch* watch, Options options,
               OnSavepoint on_savepoint)
    : site_(*site),
      watch_(*watch),
      options_(std::move(options)),
      on_savepoint_(std::move(on_savepoint)),
      turns_left_(options_.most_turns) {
  for (const char* deed :
       {"stopped with a savepoint", "drained", "cancelled", "claimed",
        "begun from a savepoint of its own", "a fork", "rescaled",
        "on rocksdb"}) {
    deeds_[deed] = 0;
  }
  if (!options_.forked_from.empty()) ++deeds_["a fork"];
  BeginLife(options_.forked_from);
}

int64_t Errand::now() const { return site_.scheduler->clock().nanos(); }

void Errand::Wrong(const std::string& what) {
  watch_.Mistake(absl::StrCat("job ", job_id_.substr(0, 6), ": ", what));
}

std::string Errand::table() const {
  return absl::StrCat("table", options_.number);
}

Result Errand::wanted() const {
  return {.job = options_.job,
          .input = options_.input,
          .from = options_.from,
          .to = to_};
}

void Errand::AddDeeds(std::map<std::string, int64_t>& deeds) const {
  for (const auto& [deed, count] : deeds_) deeds[deed] += count;
}

// Under the id of the one before, now and then.
void Errand::BeginLife(const std::string& savepoint) {
  const bool is_new = life_ == 0 || site_.scheduler->rng().Below(2) == 0;
  ++life_;
  if (is_new) {
    job_id_ = absl::StrCat(absl::Hex(options_.number, absl::kZeroPad2),
                           absl::Hex(life_, absl::kZeroPad4),
                           std::string(24, '0'), "51");
  } else if (!savepoint.empty()) {
    ++deeds_["begun from a savepoint of its own"];
  }
  begins_from_ = savepoint;
  claims_ = life_ > 1 && !savepoint.empty() &&
            site_.scheduler->rng().Below(3) > 0;
  if (claims_) ++deeds_["claimed"];
  GoOn();
  const auto& all = site_.scenario->parallelisms;
  deeds_["rescaled"] += life_ > 1 && all[(life_ - 1) % all.size()] !=
                                         all[(life_ - 2) % all.size()];
  deeds_["on rocksdb"] +=
      site_.scenario
          ->on_rocksdb[(life_ - 1) % site_.scenario->on_rocksdb.size()];
}

absl::StatusOr<JobPlan> Errand::Plan() const {
  const Scenario& scenario = *site_.scenario;
  const auto turn = [&](const auto& list) {
    return list[(life_ - 1) % list.size()];
  };
  TableOptions config = {
      {"parallelism.default", absl::StrCat(turn(scenario.parallelisms))}};
  if (turn(scenario.on_rocksdb)) {
    config["state.backend.type"] = "rocksdb";
    config["state.backend.cache.size"] = kResident;
  }
  return PlanOf(*options_.job, options_.input,
                SinkOptions(scenario.sink, table()), config,
                *site_.connectors, *site_.functions);
}

void Errand::Look(JobGateway& leader) {
  if (is_done_ || now() < rests_until_nanos_) return;
  if (watch().lives() == lives_before_) return Submit(leader);
  if (!watch().ended()) return Ask(leader);
  // The answer is under way, perhaps.
  if (waits_until_nanos_ > now() + kPatience / 2) return;
  OnEnded(*watch().ended());
}

void Errand::Submit(JobGateway& leader) {
  if (now() < waits_until_nanos_) return;
  waits_until_nanos_ = now() + kPatience;
  auto plan = Plan();
  if (!plan.ok()) return Wrong(plan.status().ToString());
  leader.Submit({.plan = *std::move(plan),
                 .job_id = job_id_,
                 .savepoint = begins_from_,
                 .claim_savepoint = claims_},
                [this, life = life_](absl::StatusOr<std::string> id) {
                  site_.scheduler->Trace(absl::StrCat(
                      "submitted: ", id.status().ToString()));
                  if (life == life_) waits_until_nanos_ = 0;
                });
}

void Errand::Ask(JobGateway& leader) {
  if (now() < waits_until_nanos_) return;
  FaultBook& faults = *site_.faults;
  if (site_.scenario->drains && site_.scene->may_end()) {
    // Which of two savepoints it ended with could not be told.
    return AskSavepoint(leader, stop_asked_ ? Then::kStop : Then::kDrain);
  }
  if (turns_left_ > 0 && faults.Roll(Fault::kStopAsked)) {
    --turns_left_;
    AskSavepoint(leader, Then::kStop);
  } else if (turns_left_ > 0 && faults.Roll(Fault::kCancelAsked)) {
    --turns_left_;
    AskCancel(leader);
  } else if (faults.Roll(Fault::kAskSavepoint)) {
    if (site_.scheduler->rng().Below(2) == 0) {
      leader.Checkpoint(job_id_, [](const absl::StatusOr<int64_t>&) {});
    } else {
      AskSavepoint(leader, Then::kGoOn);
    }
  }
}

void Errand::AskSavepoint(JobGateway& leader, Then then) {
  waits_until_nanos_ = now() + kPatience;
  stop_asked_ |= then == Then::kStop;
  drain_asked_ |= then == Then::kDrain;
  leader.Savepoint({.job_id = job_id_, .then = then},
                   [this, then, life = life_](
                       const absl::StatusOr<std::string>& folder) {
                     site_.scheduler->Trace(absl::StrCat(
                         "savepoint: ",
                         folder.ok() ? *folder : folder.status().ToString()));
                     // Of one that somebody else knows of by now.
                     if (life != life_) return;
                     waits_until_nanos_ = 0;
                     OnSavepointTaken(then, folder);
                   });
}

void Errand::OnSavepointTaken(Then then,
                              const absl::StatusOr<std::string>& folder) {
  if (!folder.ok()) return;
  const auto manifest = ReadSavepoint(*site_.machine, *folder);
  if (!manifest.ok()) {
    return Wrong(absl::StrCat("answered with the savepoint ", *folder, ": ",
                              manifest.status().ToString()));
  }
  if (then == Then::kGoOn) return on_savepoint_(options_, *folder);
  if (!watch().ended() || watch().ended()->state != JobState::kFinished) {
    return Wrong("said to be stopped, and is not");
  }
  if (manifest->checkpoint.value() != watch().newest()) {
    return Wrong(absl::StrCat("stopped with savepoint ",
                              manifest->checkpoint.value(), " before ",
                              watch().newest()));
  }
}

void Errand::AskCancel(JobGateway& leader) {
  waits_until_nanos_ = now() + kPatience;
  cancel_asked_ = true;
  leader.Cancel(job_id_, [this, life = life_](absl::StatusOr<JobState> was) {
    site_.scheduler->Trace(
        absl::StrCat("cancelled: ", was.status().ToString()));
    if (life != life_) return;
    waits_until_nanos_ = 0;
    if (was.ok() && !watch().is_cancelled() && !watch().ended()) {
      Wrong("said to be cancelled, and no record says so");
    }
  });
}

void Errand::OnEnded(const EndedJob& ended) {
  CheckClaimed();
  if (ended.state == JobState::kFinished) return OnFinished();
  if (ended.state != JobState::kCanceled || !cancel_asked_) {
    return Wrong(absl::StrCat("has ended as ", ToString(ended.state), ": ",
                              ended.failure.ToString()));
  }
  ++deeds_["cancelled"];
  rests_until_nanos_ = now() + site_.scheduler->Jitter(kMostRest);
  BeginAgain();
}

void Errand::GoOn() {
  lives_before_ = watch().lives();
  newest_before_ = watch().newest();
  stop_asked_ = drain_asked_ = cancel_asked_ = false;
  waits_until_nanos_ = 0;
}

void Errand::BeginAgain() {
  ++life_;
  if (watch().latest() > 0) begins_from_.clear();
  claims_ &= !begins_from_.empty();
  GoOn();
}

bool Errand::Has(std::initializer_list<Fault> faults) const {
  return std::any_of(faults.begin(), faults.end(), [this](Fault fault) {
    return site_.scenario->rates[static_cast<int>(fault)] > 0;
  });
}

std::string Errand::LastSavepoint() {
  const std::string folder =
      absl::StrCat(kSavepoints, "/savepoint-", job_id_.substr(0, 6), "-",
                   watch().newest());
  const auto manifest = ReadSavepoint(*site_.machine, folder);
  return manifest.ok() ? folder : "";
}

void Errand::OnFinished() {
  if (drain_asked_) return OnDrained();
  const std::string savepoint = LastSavepoint();
  if (watch().latest() > 0) {
    // The savepoint could not be copied, or not for good: its checkpoints stay.
    if (savepoint.empty() && !Has({Fault::kDiskError})) {
      return Wrong("stopped, and nobody finds the savepoint");
    }
    return BeginAgain();
  }
  if (!savepoint.empty()) {
    ++deeds_["stopped with a savepoint"];
    return BeginLife(savepoint);
  }
  is_done_ = true;
  to_ = AllOf(options_.input);
}

void Errand::OnDrained() {
  ++deeds_["drained"];
  std::string folder = LastSavepoint();
  if (folder.empty()) {
    folder = absl::StrCat("/checkpoints/", job_id_, "/chk-", watch().newest());
  }
  const auto bytes = site_.machine->Peek(absl::StrCat(folder, "/manifest"));
  auto manifest = bytes.ok() ? DecodeManifest(*bytes) : bytes.status();
  auto positions = manifest.ok() ? PositionsIn(*manifest, options_.input)
                                 : manifest.status();
  if (!positions.ok()) {
    return Wrong(absl::StrCat("drained, but nothing says where it ended: ",
                              positions.status().ToString()));
  }
  is_done_ = true;
  to_ = *std::move(positions);
}

// A claimed savepoint is the job's, and goes when it has one of its own,
// whoever leads by then. A bad disk leaves it.
void Errand::CheckClaimed() {
  if (!claims_ || watch().newest() == newest_before_ ||
      Has({Fault::kDiskError, Fault::kHaUnavailable, Fault::kHaUnknown})) {
    return;
  }
  if (ReadSavepoint(*site_.machine, begins_from_).ok()) {
    Wrong(absl::StrCat("has claimed ", begins_from_, ", which is still there"));
  }
}

}  // namespace millrace::sim
