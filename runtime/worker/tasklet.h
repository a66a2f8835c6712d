#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "runtime/base/clock.h"
#include "runtime/worker/chain.h"
#include "runtime/worker/tasklet_input.h"
#include "runtime/worker/tasklet_metrics.h"

namespace millrace {

// What a worker runs: one subtask's input and its chain of operators.
//
// A turn takes events from the input and pushes each through the chain until
// its time is over, nothing is left to read, or the chain is stuck behind a
// full exchange. It never blocks and never sleeps. Owned by one worker.
class Tasklet {
 public:
  enum class State {
    kReady,    // its turn was over; there is more to do
    kIdle,     // nothing to read
    kBlocked,  // an exchange is full, or state is awaited
    kEnded     // its input has ended and everything is passed on
  };

  Tasklet(std::unique_ptr<TaskletInput> input, std::unique_ptr<Chain> chain,
          std::shared_ptr<TaskletMetrics> metrics, const Clock* clock);

  // Runs until Clock::SteadyNanos passes `until_nanos`, looking at the clock
  // after each event. Errors end the attempt.
  absl::StatusOr<State> Run(int64_t until_nanos);

  // After kIdle or kBlocked: when to run again though nobody woke the worker,
  // by Clock::SteadyNanos; INT64_MAX = never.
  int64_t NextRunNanos() const;

  TaskletMetrics& metrics() { return *metrics_; }

 private:
  absl::StatusOr<State> RunEvents(int64_t until_nanos);
  absl::StatusOr<bool> FireDueTimers();
  absl::StatusOr<bool> Dispatch(InputGate::Received received);

  std::unique_ptr<TaskletInput> input_;
  std::unique_ptr<Chain> chain_;
  std::shared_ptr<TaskletMetrics> metrics_;
  const Clock* const clock_;
  bool input_ended_ = false;
  State state_ = State::kReady;
};

}  // namespace millrace
