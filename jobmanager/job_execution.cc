#include "jobmanager/job_execution.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

template <typename Part>
void Append(std::vector<Part> parts,
            std::vector<JobExecution::Action>& actions) {
  for (Part& part : parts) {
    std::visit([&](auto& action) { actions.push_back(std::move(action)); },
               part);
  }
}

}  // namespace

JobExecution::JobExecution(SplitDealer::Sources sources,
                           FailoverPolicy failover)
    : sources_(std::move(sources)), failover_(std::move(failover)) {}

std::vector<JobExecution::Action> JobExecution::Step(Event event,
                                                     absl::Duration now) {
  now_ = now;
  Actions actions;
  if (IsTerminal(state_)) return actions;
  std::visit([&](auto& part) { On(std::move(part), actions); }, event);
  return actions;
}

absl::Duration JobExecution::WakeAt() const {
  const bool waits = phase_ == Phase::kWaiting && settled_;
  return waits ? restart_at_ : absl::InfiniteDuration();
}

void JobExecution::On(Start, Actions& actions) {
  if (state_ != JobState::kCreated) return;
  state_ = JobState::kRunning;
  phase_ = Phase::kPreparing;
  actions.push_back(Prepare{});
}

void JobExecution::On(Prepared event, Actions& actions) {
  if (phase_ != Phase::kPreparing) return;
  if (!event.basis.ok()) {
    Fail(Annotate(event.basis.status(), "loading the latest checkpoint"),
         actions);
    return;
  }
  basis_ = *std::move(event.basis);
  begun_ |= basis_.restore != nullptr;
  auto dealer = SplitDealer::Open(sources_, basis_.restore.get());
  if (!dealer.ok()) {
    Fail(dealer.status(), actions);
    return;
  }
  dealer_ = *std::move(dealer);
  phase_ = Phase::kDeploying;
  stop_when_deployed_ = false;
  actions.push_back(Deploy{basis_});
}

void JobExecution::On(Deployed event, Actions& actions) {
  if (phase_ != Phase::kDeploying) return;
  if (!event.status.ok()) {
    phase_ = Phase::kWaiting;
    if (stop_when_deployed_) {
      OnNothingRuns(actions);
    } else {
      Fail(std::move(event.status), actions);
    }
    return;
  }
  phase_ = Phase::kUp;
  running_.clear();
  running_.insert(event.subtasks.begin(), event.subtasks.end());
  stoppers_left_ = event.stoppers;
  if (stop_when_deployed_) {
    phase_ = Phase::kStopping;
    actions.push_back(StopSubtasks{});
    return;
  }
  state_ = JobState::kRunning;
  first_failure_ = absl::OkStatus();
  Append(dealer_->Begin(), actions);
}

void JobExecution::On(SubtaskEnded event, Actions& actions) {
  if (phase_ != Phase::kUp) return;  // An echo.
  if (!event.status.ok()) {
    Fail(std::move(event.status), actions);
    return;
  }
  running_.erase(event.subtask);
  if (running_.empty()) state_ = JobState::kFinished;
}

void JobExecution::On(AttemptFailed event, Actions& actions) {
  const bool ending =
      phase_ == Phase::kStopping || phase_ == Phase::kWaiting;
  if (!ending) {
    Fail(std::move(event.status), actions);
  } else if (state_ == JobState::kRestarting &&
             !FailoverPolicy::MayPass(event.status)) {
    // What came out while its checkpoints were settled forbids a restart.
    first_failure_ = std::move(event.status);
    state_ = JobState::kFailing;
    if (phase_ == Phase::kWaiting) OnNothingRuns(actions);
  }
}

void JobExecution::On(Stopped, Actions& actions) {
  if (phase_ != Phase::kStopping || --stoppers_left_ > 0) return;
  OnNothingRuns(actions);
}

void JobExecution::On(Settled, Actions& actions) {
  settled_ = true;
  RestartWhenDue(actions);
}

void JobExecution::On(SplitsRequested event, Actions& actions) {
  if (phase_ != Phase::kUp) return;
  Append(dealer_->OnRequest(event.source, event.subtask), actions);
}

void JobExecution::On(Discovered event, Actions& actions) {
  if (phase_ != Phase::kUp) return;
  auto decided = dealer_->OnDiscovered(event.source, std::move(event.splits));
  if (decided.ok()) {
    Append(*std::move(decided), actions);
  } else {
    Fail(decided.status(), begun_ && dealer_->WasFound(event.source), actions);
  }
}

void JobExecution::On(CheckpointCompleted, Actions&) {
  begun_ = true;
  earlier_cause_ = absl::OkStatus();
  failures_in_a_row_ = 0;
}

void JobExecution::On(CancelAsked, Actions& actions) {
  if (state_ == JobState::kCreated) {
    state_ = JobState::kCanceled;
  } else if (state_ == JobState::kRunning ||
             state_ == JobState::kRestarting) {
    Stop(JobState::kCancelling, actions);
  }
}

void JobExecution::On(Tick, Actions& actions) { RestartWhenDue(actions); }

void JobExecution::Fail(absl::Status status, bool has_begun,
                        Actions& actions) {
  if (state_ != JobState::kRunning && state_ != JobState::kRestarting) return;
  const auto delay = failover_.OnFailure(status, now_, has_begun);
  first_failure_ = std::move(status);
  if (!delay.has_value()) {
    NameEarlierCause();
    Stop(JobState::kFailing, actions);
    return;
  }
  if (failures_in_a_row_++ == 0) earlier_cause_ = first_failure_;
  ++restarts_;
  restart_at_ = now_ + *delay;
  Stop(JobState::kRestarting, actions);
}

void JobExecution::NameEarlierCause() {
  if (failures_in_a_row_ == 0 || earlier_cause_ == first_failure_) return;
  absl::Status named(
      first_failure_.code(),
      absl::StrCat(first_failure_.message(), " (the first of ",
                   failures_in_a_row_ + 1, " failures in a row was: ",
                   earlier_cause_.message(), ")"));
  first_failure_.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) {
        named.SetPayload(url, payload);
      });
  first_failure_ = std::move(named);
}

void JobExecution::Stop(JobState state, Actions& actions) {
  state_ = state;
  switch (phase_) {
    case Phase::kUp:
      phase_ = Phase::kStopping;
      settled_ = false;
      actions.push_back(StopSubtasks{});
      actions.push_back(Settle{});
      break;
    case Phase::kDeploying:
      stop_when_deployed_ = true;
      break;
    case Phase::kStopping:
      break;
    default:
      OnNothingRuns(actions);
  }
}

void JobExecution::OnNothingRuns(Actions& actions) {
  phase_ = Phase::kWaiting;
  if (state_ == JobState::kFailing) {
    state_ = JobState::kFailed;
  } else if (state_ == JobState::kCancelling) {
    state_ = JobState::kCanceled;
  } else {
    RestartWhenDue(actions);
  }
}

void JobExecution::RestartWhenDue(Actions& actions) {
  if (phase_ != Phase::kWaiting || !settled_ || now_ < restart_at_) return;
  restart_at_ = absl::InfiniteDuration();
  phase_ = Phase::kPreparing;
  actions.push_back(Prepare{});
}

}  // namespace millrace
