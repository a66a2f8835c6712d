#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "runtime/base/clock.h"
#include "runtime/base/mailbox.h"
#include "runtime/worker/chain.h"
#include "runtime/worker/checkpoint_participant.h"
#include "runtime/worker/subtask_command.h"
#include "runtime/worker/tasklet_input.h"
#include "runtime/worker/tasklet_metrics.h"

namespace millrace {

// What a worker runs: one subtask's input and its chain of operators.
//
// A turn takes events from the input and pushes each through the chain until
// its time is over, nothing is left to read, or the chain is stuck behind a
// full exchange. It never blocks and never sleeps. Owned by one worker.
//
// What a barrier froze it writes at the beginning of its turns, some at a time.
//
// When its input has ended and all that came of it is passed on it is drained,
// and stays: it takes part in checkpoints until one is said to be final and its
// operators have settled what follows from that. Meanwhile it costs nothing.
class Tasklet {
 public:
  enum class State {
    kReady,    // its turn was over; there is more to do
    kIdle,     // nothing to read
    kBlocked,  // an exchange is full, or state is awaited
    kEnded     // nothing is left to do for ever
  };

  // How it takes part in its job's checkpoints.
  struct Checkpoints {
    // Commands to the subtask; null: there are none. Outlives the tasklet.
    Mailbox<SubtaskCommand>* inbox = nullptr;
    // Called once, when it is drained. Empty: nobody waits for checkpoints, and
    // it ends then.
    std::function<void()> on_drained = {};
    // The chain's; null: barriers pass and nothing is kept.
    std::unique_ptr<CheckpointParticipant> participant = nullptr;
    // Of the chain's first vertex, which has the input's part; null: none.
    OperatorBackend* input_backend = nullptr;
    // Of a root: gets how late its last barrier was; null: its channels see to
    // that.
    Gauge* start_delay_nanos = nullptr;
  };

  Tasklet(std::unique_ptr<TaskletInput> input, std::unique_ptr<Chain> chain,
          std::shared_ptr<TaskletMetrics> metrics, const Clock* clock)
      : Tasklet(std::move(input), std::move(chain), std::move(metrics), clock,
                Checkpoints()) {}
  Tasklet(std::unique_ptr<TaskletInput> input, std::unique_ptr<Chain> chain,
          std::shared_ptr<TaskletMetrics> metrics, const Clock* clock,
          Checkpoints checkpoints);
  ~Tasklet();

  // Runs until Clock::SteadyNanos passes `until_nanos`, looking at the clock
  // after each event. Errors end the attempt.
  absl::StatusOr<State> Run(int64_t until_nanos);

  // After kIdle or kBlocked: when to run again though nobody woke the worker,
  // by Clock::SteadyNanos; INT64_MAX = never, 0 = at once.
  int64_t NextRunNanos() const;

  TaskletMetrics& metrics() { return *metrics_; }

 private:
  absl::StatusOr<State> RunEvents(int64_t until_nanos);
  absl::Status TakeCommands();
  absl::Status Carry(SubtaskCommand command);
  absl::StatusOr<bool> FireDueTimers();
  absl::StatusOr<bool> Dispatch(InputGate::Received received);
  absl::Status BeginSnapshot(const BarrierEvent& barrier);
  // Of the checkpoint under way, to whoever waits for it.
  void SayIfHeldUp();
  // Whether a barrier that has passed left entries to be written.
  bool HasRest() const;

  // Below the operators' state: destroyed after the chain.
  Checkpoints checkpoints_;
  std::unique_ptr<TaskletInput> input_;
  std::unique_ptr<Chain> chain_;
  std::shared_ptr<TaskletMetrics> metrics_;
  const Clock* const clock_;
  // Those up to it are stale: a command may come twice.
  CheckpointId triggered_{0};
  bool input_ended_ = false;
  bool drained_ = false;
  bool settled_ = true;  // All that completed checkpoints began is done.
  bool final_ = false;   // The job's last checkpoint has completed.
  State state_ = State::kReady;
};

}  // namespace millrace
