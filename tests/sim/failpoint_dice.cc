#include "tests/sim/failpoint_dice.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/failpoint.h"

namespace millrace::sim {
namespace {

// A target that is not reached in this time, or that often, gives way.
constexpr int64_t kPatienceNanos = 400'000'000;
constexpr int64_t kClusterPatienceNanos = 8'000'000'000;
constexpr uint64_t kMostHits = 6;

}  // namespace

FailpointDice::FailpointDice(const Scenario& scenario, Scheduler* scheduler,
                             FaultBook* faults,
                             std::function<void(ProcessRef)> kill)
    : scheduler_(scheduler),
      faults_(faults),
      kill_(std::move(kill)),
      patience_nanos_(scenario.kind == Kind::kCluster ? kClusterPatienceNanos
                                                      : kPatienceNanos),
      target_(FailpointNames()[scenario.failpoint % FailpointNames().size()]),
      target_left_(scenario.failpoint_hit),
      target_until_nanos_(patience_nanos_) {
  SetFailpointHandler(
      [this](absl::string_view name) { return OnReached(name); });
}

FailpointDice::~FailpointDice() { SetFailpointHandler(nullptr); }

void FailpointDice::ChooseTarget() {
  const int64_t steps =
      static_cast<int64_t>(faults_->rng().Below(reached_.size()));
  target_ = std::next(reached_.begin(), steps)->first;
  target_left_ = 1 + static_cast<int64_t>(faults_->rng().Below(kMostHits));
  target_until_nanos_ = scheduler_->clock().nanos() + patience_nanos_;
}

absl::Status FailpointDice::OnReached(absl::string_view name) {
  const ProcessRef process = scheduler_->running();
  if (process == nullptr) return absl::OkStatus();
  if (!process->alive) return absl::UnavailableError("the process is dead");
  ++reached_[std::string(name)];
  if (faults_->Roll(Fault::kFailpointError)) {
    return absl::UnavailableError(absl::StrCat("an error at ", name));
  }
  if (!faults_->Has(Fault::kFailpointKill)) return absl::OkStatus();
  if (scheduler_->clock().nanos() > target_until_nanos_) ChooseTarget();
  if (name != target_ || --target_left_ > 0) return absl::OkStatus();
  faults_->Count(Fault::kFailpointKill);
  ++kills_[std::string(name)];
  ChooseTarget();
  kill_(process);
  return absl::UnavailableError("the process is dead");
}

}  // namespace millrace::sim
