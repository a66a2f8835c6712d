#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/exchange/stream_event.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/operator_metrics.h"
#include "runtime/worker/checkpoint_participant.h"
#include "runtime/worker/exchange_output.h"
#include "runtime/worker/sink_latency.h"

namespace millrace {

// The operators of one subtask between two exchanges, each calling the next
// once per batch, and the exchanges behind the last.
//
// One step at a time: a batch, a watermark, a timer, the end. A step that
// cannot be finished, because an exchange is full or state is awaited, is
// resumed by Resume before another one may begin: so order holds, and no
// watermark overtakes a row. A batch that an operator could not finish waits
// in front of it and is given to it again, the last operator's first.
//
// A barrier goes stage by stage: what the stage holds back for speed goes out,
// then its state is written, and only then the next stage sees the barrier. So
// every row is in the snapshot of exactly one stage, or behind the barrier in
// none.
//
// Owned by one worker. A non-OK status ends the attempt.
class Chain {
 public:
  struct Stage {
    std::unique_ptr<Operator> op;
    // Null for an operator that is not in the plan.
    std::shared_ptr<OperatorMetrics> metrics;
    // Below its state, in the chain's participant; null: it has none.
    OperatorBackend* backend = nullptr;
    // Of a sink: gets the markers that reach it. Null: nobody measures.
    std::unique_ptr<SinkLatency> latency = nullptr;
  };

  // Without stages, input goes straight to the outputs. `checkpoints` outlives
  // the chain; null: barriers pass and nothing is written.
  Chain(std::vector<Stage> stages,
        std::vector<std::unique_ptr<ExchangeOutput>> outputs,
        CheckpointParticipant* checkpoints = nullptr);
  ~Chain();

  // Each begins a step; true: it is finished, and so with Resume.
  // REQUIRES: no step is unfinished.
  absl::StatusOr<bool> Process(int input, Batch batch);
  // Watermarks and barriers go through every operator, idleness only to the
  // outputs, the end of the input is EndInput of every operator. A latency
  // marker passes operators, except sinks, which measure it. Of a barrier, the
  // participant's Begin was called.
  absl::StatusOr<bool> Handle(const StreamEvent& event);
  // Timers that are due at `now_ms`.
  absl::StatusOr<bool> Fire(int64_t now_ms);

  absl::StatusOr<bool> Resume();

  // Tell every operator, of the first three every BarrierListener, also while a
  // step is unfinished.
  void OnCheckpointBegun(CheckpointId checkpoint);
  void OnCheckpointAborted(CheckpointId checkpoint);
  void OnDraining();
  absl::Status OnCheckpointComplete(CheckpointId checkpoint, bool final);
  // Whether all that this began is done.
  absl::StatusOr<bool> IsSettled();
  // The first that an operator says; see BarrierListener.
  absl::Status HeldUp() const;

  // The earliest timer of any operator, in wall milliseconds.
  int64_t NextTimer() const;
  // When FlushAged has something to do, by Clock::SteadyNanos.
  int64_t NextFlushNanos() const;
  void FlushAged(int64_t now_nanos);

 private:
  class Link;
  struct FireStep {
    int64_t now_ms;
  };
  using Step = std::variant<std::monostate, WatermarkEvent, BarrierEvent,
                            IdlenessEvent, EndOfInputEvent,
                            LatencyMarkerEvent, FireStep>;

  absl::StatusOr<bool> Begin(Step step);
  bool OutputsHaveRoom() const;
  bool DrainOutputs();
  absl::Status EmitToOutputs(Batch batch);
  // The last stage with a batch in front of it, -1 for none.
  int DeepestPending() const;
  absl::StatusOr<Progress> CallProcess(int stage, int input,
                                       const Batch& batch);
  absl::StatusOr<Progress> CallStep(int stage);
  absl::StatusOr<Progress> PassBarrier(Stage& stage, CheckpointId checkpoint,
                                       Output& output);
  absl::Status FinishStep();

  std::vector<Stage> stages_;
  std::vector<std::unique_ptr<Link>> links_;  // links_[i]: output of stage i.
  std::vector<std::unique_ptr<ExchangeOutput>> outputs_;
  CheckpointParticipant* const checkpoints_;

  std::vector<std::optional<Batch>> pending_;  // In front of each stage.
  int input_ = 0;  // Which input of stage 0 pending_[0] came on.
  Step step_;
  int step_stage_ = 0;  // The stage at which the step goes on.
};

}  // namespace millrace
