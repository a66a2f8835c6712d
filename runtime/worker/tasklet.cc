#include "runtime/worker/tasklet.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {

Tasklet::Tasklet(std::unique_ptr<TaskletInput> input,
                 std::unique_ptr<Chain> chain,
                 std::shared_ptr<TaskletMetrics> metrics, const Clock* clock)
    : input_(std::move(input)),
      chain_(std::move(chain)),
      metrics_(std::move(metrics)),
      clock_(clock) {}

absl::StatusOr<Tasklet::State> Tasklet::Run(int64_t until_nanos) {
  metrics_->BeginTurn(clock_->SteadyNanos());
  ASSIGN_OR_RETURN(state_, RunEvents(until_nanos));
  const int64_t now = clock_->SteadyNanos();
  switch (state_) {
    case State::kReady:
      metrics_->EndTurn(now, TaskletMetrics::Between::kBusy);
      break;
    case State::kBlocked:
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
  chain_->FlushAged(clock_->SteadyNanos());
  ASSIGN_OR_RETURN(bool done, chain_->Resume());
  if (done) {
    ASSIGN_OR_RETURN(done, FireDueTimers());
  }
  while (true) {
    if (!done) return State::kBlocked;
    if (input_ended_) return State::kEnded;
    ASSIGN_OR_RETURN(std::optional<InputGate::Received> received,
                     input_->Next());
    if (!received) return State::kIdle;
    ASSIGN_OR_RETURN(done, Dispatch(*std::move(received)));
    if (clock_->SteadyNanos() >= until_nanos && done && !input_ended_) {
      return State::kReady;
    }
  }
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
  input_ended_ = std::holds_alternative<EndOfInputEvent>(received.event);
  return chain_->Handle(received.event);
}

int64_t Tasklet::NextRunNanos() const {
  // What it waits for wakes it.
  if (state_ == State::kBlocked) return INT64_MAX;
  int64_t next = std::min(input_->NextPollNanos(), chain_->NextFlushNanos());
  if (const int64_t timer_ms = chain_->NextTimer(); timer_ms != INT64_MAX) {
    const int64_t wait_ms =
        timer_ms - absl::ToUnixMillis(clock_->Now());
    next = std::min(next, clock_->SteadyNanos() +
                              std::max<int64_t>(wait_ms, 0) * 1'000'000);
  }
  return next;
}

}  // namespace millrace
