#include "runtime/worker/chain.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/barrier_listener.h"

namespace millrace {

// The output of one stage: the next stage, or the exchanges.
class Chain::Link final : public Output {
 public:
  Link(Chain* chain, int next) : chain_(chain), next_(next) {}

  bool HasRoom() const override {
    return next_ < static_cast<int>(chain_->stages_.size())
               ? !chain_->pending_[next_].has_value()
               : chain_->OutputsHaveRoom();
  }

  absl::Status Emit(Batch batch) override {
    const uint32_t rows = batch.selected_count();
    if (rows == 0) return absl::OkStatus();
    if (const auto& metrics = chain_->stages_[next_ - 1].metrics) {
      metrics->CountOut(rows);
    }
    if (next_ == static_cast<int>(chain_->stages_.size())) {
      return chain_->EmitToOutputs(std::move(batch));
    }
    ASSIGN_OR_RETURN(const Progress progress,
                     chain_->CallProcess(next_, 0, batch));
    if (progress != Progress::kDone) {
      chain_->pending_[next_] = std::move(batch);
    }
    return absl::OkStatus();
  }

 private:
  Chain* const chain_;
  const int next_;
};

Chain::Chain(std::vector<Stage> stages,
             std::vector<std::unique_ptr<ExchangeOutput>> outputs,
             CheckpointParticipant* checkpoints)
    : stages_(std::move(stages)),
      outputs_(std::move(outputs)),
      checkpoints_(checkpoints),
      pending_(stages_.size()) {
  for (int i = 0; i < static_cast<int>(stages_.size()); ++i) {
    links_.push_back(std::make_unique<Link>(this, i + 1));
  }
}

Chain::~Chain() = default;

absl::StatusOr<bool> Chain::Process(int input, Batch batch) {
  if (stages_.empty()) {
    RETURN_IF_ERROR(EmitToOutputs(std::move(batch)));
    return true;
  }
  if (const auto& metrics = stages_[0].metrics) {
    metrics->CountIn(batch.selected_count());
  }
  ASSIGN_OR_RETURN(const Progress progress,
                   stages_[0].op->Process(input, batch, *links_[0]));
  if (progress != Progress::kDone) {
    input_ = input;
    pending_[0] = std::move(batch);
  }
  return Resume();
}

absl::StatusOr<bool> Chain::Handle(const StreamEvent& event) {
  return std::visit(
      [this](const auto& part) -> absl::StatusOr<bool> {
        if constexpr (std::is_same_v<std::decay_t<decltype(part)>, Batch>) {
          return Process(0, part);
        } else {
          return Begin(part);
        }
      },
      event);
}

absl::StatusOr<bool> Chain::Fire(int64_t now_ms) {
  return Begin(FireStep{now_ms});
}

absl::StatusOr<bool> Chain::Begin(Step step) {
  MILLRACE_CHECK(std::holds_alternative<std::monostate>(step_));
  step_ = std::move(step);
  step_stage_ = 0;
  return Resume();
}

absl::StatusOr<bool> Chain::Resume() {
  while (true) {
    // Room first where it is needed last: exchanges, then the deepest stage.
    DrainOutputs();
    const int stage = DeepestPending();
    const bool steps = !std::holds_alternative<std::monostate>(step_);
    if (stage < 0 && !steps) return OutputsHaveRoom();
    if (stage < 0 && step_stage_ == static_cast<int>(stages_.size())) {
      RETURN_IF_ERROR(FinishStep());
      continue;
    }
    Progress progress;
    if (stage >= 0) {
      const Batch& batch = *pending_[stage];
      ASSIGN_OR_RETURN(progress, stages_[stage].op->Process(
                                     stage == 0 ? input_ : 0, batch,
                                     *links_[stage]));
      if (progress == Progress::kDone) pending_[stage].reset();
    } else {
      ASSIGN_OR_RETURN(progress, CallStep(step_stage_));
      if (progress == Progress::kDone) ++step_stage_;
    }
    if (progress == Progress::kDone) continue;
    // It made others wait behind it, or an exchange that may have room now:
    // those go first. Otherwise it waits for something outside.
    if (DeepestPending() > stage) continue;
    if (OutputsHaveRoom() || !DrainOutputs()) return false;
  }
}

absl::StatusOr<Progress> Chain::CallProcess(int stage, int input,
                                            const Batch& batch) {
  if (const auto& metrics = stages_[stage].metrics) {
    metrics->CountIn(batch.selected_count());
  }
  return stages_[stage].op->Process(input, batch, *links_[stage]);
}

absl::StatusOr<Progress> Chain::CallStep(int stage) {
  Operator& op = *stages_[stage].op;
  Output& output = *links_[stage];
  if (const auto* watermark = std::get_if<WatermarkEvent>(&step_)) {
    if (const auto& metrics = stages_[stage].metrics) {
      metrics->SetInputWatermark(watermark->watermark_ms);
    }
    ASSIGN_OR_RETURN(const Progress progress,
                     op.Advance(watermark->watermark_ms, output));
    if (progress == Progress::kDone && stages_[stage].metrics != nullptr) {
      stages_[stage].metrics->SetOutputWatermark(watermark->watermark_ms);
    }
    return progress;
  }
  if (const auto* fire = std::get_if<FireStep>(&step_)) {
    if (op.NextTimer() > fire->now_ms) return Progress::kDone;
    return op.Fire(fire->now_ms, output);
  }
  if (std::holds_alternative<EndOfInputEvent>(step_)) {
    return op.EndInput(output);
  }
  if (const auto* barrier = std::get_if<BarrierEvent>(&step_)) {
    return PassBarrier(stages_[stage], barrier->checkpoint, output);
  }
  if (const auto* marker = std::get_if<LatencyMarkerEvent>(&step_);
      marker != nullptr && stages_[stage].latency != nullptr) {
    stages_[stage].latency->Record(*marker);
  }
  return Progress::kDone;
}

absl::StatusOr<Progress> Chain::PassBarrier(Stage& stage,
                                            CheckpointId checkpoint,
                                            Output& output) {
  ASSIGN_OR_RETURN(const Progress progress,
                   stage.op->BeforeSnapshot(checkpoint, output));
  if (progress != Progress::kDone || checkpoints_ == nullptr ||
      stage.backend == nullptr) {
    return progress;
  }
  RETURN_IF_ERROR(checkpoints_->Write(
      stage.backend,
      [&](SnapshotWriter& writer) { return stage.op->Snapshot(writer); }));
  return Progress::kDone;
}

void Chain::OnCheckpointBegun(CheckpointId checkpoint) {
  for (const Stage& stage : stages_) {
    auto* listener = dynamic_cast<BarrierListener*>(stage.op.get());
    if (listener != nullptr) listener->OnCheckpointBegun(checkpoint);
  }
}

void Chain::OnCheckpointAborted(CheckpointId checkpoint) {
  for (const Stage& stage : stages_) {
    auto* listener = dynamic_cast<BarrierListener*>(stage.op.get());
    if (listener != nullptr) listener->OnCheckpointAborted(checkpoint);
  }
}

void Chain::OnDraining() {
  for (const Stage& stage : stages_) {
    auto* listener = dynamic_cast<BarrierListener*>(stage.op.get());
    if (listener != nullptr) listener->OnDraining();
  }
}

absl::Status Chain::OnCheckpointComplete(CheckpointId checkpoint, bool final) {
  for (const Stage& stage : stages_) {
    RETURN_IF_ERROR(stage.op->OnCheckpointComplete(checkpoint, final));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Chain::IsSettled() {
  bool settled = true;
  for (const Stage& stage : stages_) {
    ASSIGN_OR_RETURN(const bool stage_settled, stage.op->IsSettled());
    settled &= stage_settled;
  }
  return settled;
}

absl::Status Chain::HeldUp() const {
  for (const Stage& stage : stages_) {
    auto* listener = dynamic_cast<BarrierListener*>(stage.op.get());
    if (listener != nullptr) RETURN_IF_ERROR(listener->HeldUp());
  }
  return absl::OkStatus();
}

absl::Status Chain::FinishStep() {
  const auto send = [this](const auto& event) {
    for (const auto& output : outputs_) output->Send(event);
  };
  if (const auto* watermark = std::get_if<WatermarkEvent>(&step_)) {
    send(*watermark);
  } else if (const auto* barrier = std::get_if<BarrierEvent>(&step_)) {
    if (checkpoints_ != nullptr) RETURN_IF_ERROR(checkpoints_->Freeze());
    send(*barrier);
  } else if (const auto* idleness = std::get_if<IdlenessEvent>(&step_)) {
    send(*idleness);
  } else if (const auto* end = std::get_if<EndOfInputEvent>(&step_)) {
    send(*end);
  } else if (const auto* marker = std::get_if<LatencyMarkerEvent>(&step_)) {
    for (const auto& output : outputs_) output->SendToOne(*marker);
  }
  step_ = std::monostate();
  return absl::OkStatus();
}

absl::Status Chain::EmitToOutputs(Batch batch) {
  for (size_t i = 1; i < outputs_.size(); ++i) {
    RETURN_IF_ERROR(outputs_[i]->Emit(batch));
  }
  if (outputs_.empty()) return absl::OkStatus();
  return outputs_[0]->Emit(std::move(batch));
}

bool Chain::OutputsHaveRoom() const {
  return std::all_of(outputs_.begin(), outputs_.end(),
                     [](const auto& output) { return output->HasRoom(); });
}

bool Chain::DrainOutputs() {
  bool drained = true;
  for (const auto& output : outputs_) drained &= output->Drain();
  return drained;
}

int Chain::DeepestPending() const {
  int stage = static_cast<int>(pending_.size()) - 1;
  while (stage >= 0 && !pending_[stage].has_value()) --stage;
  return stage;
}

int64_t Chain::NextTimer() const {
  int64_t next = INT64_MAX;
  for (const Stage& stage : stages_) {
    next = std::min(next, stage.op->NextTimer());
  }
  return next;
}

int64_t Chain::NextFlushNanos() const {
  int64_t next = INT64_MAX;
  for (const auto& output : outputs_) {
    next = std::min(next, output->FlushAtNanos());
  }
  return next;
}

void Chain::FlushAged(int64_t now_nanos) {
  for (const auto& output : outputs_) {
    if (output->FlushAtNanos() <= now_nanos) output->Flush();
  }
}

}  // namespace millrace
