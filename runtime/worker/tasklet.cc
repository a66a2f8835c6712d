#include "runtime/worker/tasklet.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {

Tasklet::Tasklet(std::unique_ptr<TaskletInput> input,
                 std::unique_ptr<Chain> chain,
                 std::shared_ptr<TaskletMetrics> metrics, const Clock* clock,
                 Checkpoints checkpoints)
    : checkpoints_(std::move(checkpoints)),
      input_(std::move(input)),
      chain_(std::move(chain)),
      metrics_(std::move(metrics)),
      clock_(clock) {}

Tasklet::~Tasklet() {
  if (checkpoints_.participant != nullptr) checkpoints_.participant->Drop();
}

absl::StatusOr<Tasklet::State> Tasklet::Run(int64_t until_nanos) {
  metrics_->BeginTurn(clock_->SteadyNanos());
  ASSIGN_OR_RETURN(state_, RunEvents(until_nanos));
  const int64_t now = clock_->SteadyNanos();
  switch (state_) {
    case State::kReady:
      metrics_->EndTurn(now, TaskletMetrics::Between::kBusy);
      break;
    case State::kBlocked:
      SayIfHeldUp();
      metrics_->EndTurn(now, TaskletMetrics::Between::kBackPressured);
      break;
    case State::kIdle:
    case State::kEnded:
      metrics_->EndTurn(now, TaskletMetrics::Between::kIdle);
      break;
  }
  return state_;
}

absl::StatusOr<Tasklet::State> Tasklet::RunEvents(int64_t until_nanos) {
  RETURN_IF_ERROR(TakeCommands());
  if (HasRest()) RETURN_IF_ERROR(checkpoints_.participant->WriteSlice());
  if (!settled_) {
    ASSIGN_OR_RETURN(settled_, chain_->IsSettled());
  }
  // Whatever waits for room now, nobody reads any more.
  if (final_ && settled_) return State::kEnded;
  chain_->FlushAged(clock_->SteadyNanos());
  ASSIGN_OR_RETURN(bool done, chain_->Resume());
  if (done) {
    ASSIGN_OR_RETURN(done, FireDueTimers());
  }
  while (true) {
    if (!done) return State::kBlocked;
    if (input_ended_ && !drained_) {
      drained_ = true;
      if (!checkpoints_.on_drained) return State::kEnded;
      checkpoints_.on_drained();
    }
    if (final_) return State::kIdle;
    ASSIGN_OR_RETURN(std::optional<InputGate::Received> received,
                     input_->Next());
    if (!received) return State::kIdle;
    ASSIGN_OR_RETURN(done, Dispatch(*std::move(received)));
    if (clock_->SteadyNanos() >= until_nanos && done && !input_ended_) {
      return State::kReady;
    }
  }
}

absl::Status Tasklet::TakeCommands() {
  if (checkpoints_.inbox == nullptr) return absl::OkStatus();
  for (SubtaskCommand& command : checkpoints_.inbox->TakeAll()) {
    RETURN_IF_ERROR(Carry(std::move(command)));
  }
  return absl::OkStatus();
}

absl::Status Tasklet::Carry(SubtaskCommand command) {
  CheckpointParticipant* participant = checkpoints_.participant.get();
  if (auto* split = std::get_if<SplitCommand>(&command)) {
    input_->Take(std::move(*split));
  } else if (const auto* trigger = std::get_if<TriggerCommand>(&command)) {
    if (trigger->checkpoint <= triggered_) return absl::OkStatus();
    triggered_ = trigger->checkpoint;
    chain_->OnCheckpointBegun(trigger->checkpoint);
    input_->Take(*trigger);
  } else if (const auto* drain = std::get_if<DrainCommand>(&command)) {
    chain_->OnDraining();
    input_->Take(*drain);
  } else if (const auto* complete = std::get_if<CompleteCommand>(&command)) {
    final_ |= complete->final;
    settled_ = false;
    if (participant != nullptr) participant->OnComplete(complete->checkpoint);
    RETURN_IF_ERROR(
        chain_->OnCheckpointComplete(complete->checkpoint, complete->final));
    input_->OnComplete(complete->checkpoint);
  } else {
    const CheckpointId aborted = std::get<AbortCommand>(command).checkpoint;
    input_->OnAbort(aborted);
    chain_->OnCheckpointAborted(aborted);
    if (participant != nullptr) participant->OnAbort(aborted);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Tasklet::FireDueTimers() {
  const int64_t next = chain_->NextTimer();
  if (next == INT64_MAX) return true;
  const int64_t now_ms = absl::ToUnixMillis(clock_->Now());
  if (next > now_ms) return true;
  return chain_->Fire(now_ms);
}

absl::StatusOr<bool> Tasklet::Dispatch(InputGate::Received received) {
  if (Batch* batch = std::get_if<Batch>(&received.event)) {
    return chain_->Process(received.input, std::move(*batch));
  }
  if (const auto* barrier = std::get_if<BarrierEvent>(&received.event)) {
    RETURN_IF_ERROR(BeginSnapshot(*barrier));
  }
  input_ended_ |= std::holds_alternative<EndOfInputEvent>(received.event);
  return chain_->Handle(received.event);
}

absl::Status Tasklet::BeginSnapshot(const BarrierEvent& barrier) {
  if (checkpoints_.start_delay_nanos != nullptr) {
    checkpoints_.start_delay_nanos->Set(
        barrier.DelayNanos(absl::ToUnixMicros(clock_->Now())));
  }
  CheckpointParticipant* participant = checkpoints_.participant.get();
  if (participant == nullptr) return absl::OkStatus();
  if (HasRest()) RETURN_IF_ERROR(participant->EndRest());
  participant->Begin(barrier.checkpoint, drained_);
  if (checkpoints_.input_backend == nullptr) return absl::OkStatus();
  return participant->Write(
      checkpoints_.input_backend, [&](SnapshotWriter& writer) {
        return input_->Snapshot(barrier.checkpoint, writer);
      });
}

void Tasklet::SayIfHeldUp() {
  CheckpointParticipant* participant = checkpoints_.participant.get();
  if (participant == nullptr || !participant->MaySayHeldUp(triggered_)) return;
  absl::Status why = chain_->HeldUp();
  if (why.ok()) {
    participant->ForgetHeldUp();
  } else {
    participant->SayHeldUp(triggered_, std::move(why));
  }
}

bool Tasklet::HasRest() const {
  return checkpoints_.participant != nullptr &&
         checkpoints_.participant->has_rest();
}

int64_t Tasklet::NextRunNanos() const {
  if (HasRest()) return 0;
  // What it waits for wakes it. But that may take days, and whoever waits for
  // its part of a checkpoint gives that up when it hears nothing.
  if (state_ == State::kBlocked) {
    const CheckpointParticipant* participant = checkpoints_.participant.get();
    return participant == nullptr ? INT64_MAX
                                  : participant->SayAgainNanos(triggered_);
  }
  int64_t next = chain_->NextFlushNanos();
  if (!final_) next = std::min(next, input_->NextPollNanos());
  if (const int64_t timer_ms = chain_->NextTimer(); timer_ms != INT64_MAX) {
    const int64_t wait_ms =
        timer_ms - absl::ToUnixMillis(clock_->Now());
    next = std::min(next, clock_->SteadyNanos() +
                              std::max<int64_t>(wait_ms, 0) * 1'000'000);
  }
  return next;
}

}  // namespace millrace
