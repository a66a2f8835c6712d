#include "runtime/worker/tasklet_input.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/event_time.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/source_operator.h"

namespace millrace {
namespace {

using Received = InputGate::Received;

class GateInput final : public TaskletInput {
 public:
  explicit GateInput(InputGate gate) : gate_(std::move(gate)) {}

  absl::StatusOr<std::optional<Received>> Next() override {
    return gate_.Next();
  }
  absl::Status Snapshot(CheckpointId, SnapshotWriter& writer) override {
    return writer.OperatorState(kInputWatermark, Redistribution::kUnion,
                                {absl::StrCat(gate_.watermark_ms())});
  }
  void OnAbort(CheckpointId checkpoint) override { gate_.OnAbort(checkpoint); }

 private:
  InputGate gate_;
};

class SourceInput final : public TaskletInput {
 public:
  SourceInput(std::unique_ptr<SourceOperator> source, VertexId vertex)
      : source_(std::move(source)), vertex_(vertex) {}

  absl::StatusOr<std::optional<Received>> Next() override {
    ASSIGN_OR_RETURN(SourceOperator::Step step, source_->Next());
    using Kind = SourceOperator::Step::Kind;
    Received received;
    switch (step.kind) {
      case Kind::kNothing:
        return std::nullopt;
      case Kind::kBatch:
        received.event = std::move(step.batch);
        break;
      case Kind::kWatermark:
        received.event = WatermarkEvent{step.watermark_ms};
        break;
      case Kind::kIdle:
        received.event = IdlenessEvent{true};
        break;
      case Kind::kActive:
        received.event = IdlenessEvent{false};
        break;
      case Kind::kBarrier:
        received.event = BarrierEvent{step.checkpoint, step.triggered_micros};
        break;
      case Kind::kMarker:
        received.event = LatencyMarkerEvent{vertex_, step.read_micros};
        break;
      case Kind::kEnd:
        received.event = EndOfInputEvent{};
        break;
    }
    return received;
  }

  int64_t NextPollNanos() const override { return source_->NextPollNanos(); }
  void Take(SourceCommand command) override {
    source_->Take(std::move(command));
  }
  absl::Status Snapshot(CheckpointId checkpoint,
                        SnapshotWriter& writer) override {
    return source_->Snapshot(checkpoint, writer);
  }
  void OnComplete(CheckpointId checkpoint) override {
    source_->OnCheckpointComplete(checkpoint);
  }
  void OnAbort(CheckpointId checkpoint) override {
    source_->OnCheckpointAbort(checkpoint);
  }

 private:
  std::unique_ptr<SourceOperator> source_;
  const VertexId vertex_;
};

// How many of the batches were given out, as a decimal number.
constexpr absl::string_view kBatchesGiven = "batches given";

class LiteralInput final : public TaskletInput {
 public:
  LiteralInput(std::vector<Batch> batches, size_t given)
      : batches_(std::move(batches)),
        next_(std::min(given, batches_.size())) {}

  absl::StatusOr<std::optional<Received>> Next() override {
    Received received;
    if (!triggers_.empty()) {
      received.event = triggers_.front();
      triggers_.pop_front();
      return received;
    }
    const size_t at = next_;
    if (at > batches_.size() + 1) return std::nullopt;
    ++next_;
    if (at < batches_.size()) {
      received.event = std::move(batches_[at]);
    } else if (at == batches_.size()) {
      received.event = WatermarkEvent{kMaxWatermark};
    } else {
      received.event = EndOfInputEvent{};
    }
    return received;
  }

  void Take(SourceCommand command) override {
    if (const auto* trigger = std::get_if<TriggerCommand>(&command)) {
      triggers_.push_back({trigger->checkpoint, trigger->triggered_micros});
    }
  }

  void OnAbort(CheckpointId checkpoint) override {
    std::erase_if(triggers_, [&](const BarrierEvent& trigger) {
      return trigger.checkpoint <= checkpoint;
    });
  }

  // Only the first subtask has rows; all of another parallelism learn where it
  // stood.
  absl::Status Snapshot(CheckpointId, SnapshotWriter& writer) override {
    std::vector<std::string> items;
    if (!batches_.empty()) items.push_back(absl::StrCat(next_));
    return writer.OperatorState(kBatchesGiven, Redistribution::kUnion, items);
  }

 private:
  std::vector<Batch> batches_;
  size_t next_;
  std::deque<BarrierEvent> triggers_;
};

}  // namespace

std::unique_ptr<TaskletInput> InputFrom(InputGate gate) {
  return std::make_unique<GateInput>(std::move(gate));
}

std::unique_ptr<TaskletInput> InputFrom(
    std::unique_ptr<SourceOperator> source, VertexId vertex) {
  return std::make_unique<SourceInput>(std::move(source), vertex);
}

absl::StatusOr<std::unique_ptr<TaskletInput>> InputFrom(
    std::vector<Batch> batches, SnapshotReader* restored) {
  size_t given = 0;
  if (restored != nullptr) {
    ASSIGN_OR_RETURN(const std::vector<std::string> items,
                     restored->OperatorState(kBatchesGiven));
    for (const std::string& item : items) {
      if (!absl::SimpleAtoi(item, &given)) {
        return absl::DataLossError(absl::StrCat(
            "the position in literal rows is \"", item, "\""));
      }
    }
  }
  return std::make_unique<LiteralInput>(std::move(batches), given);
}

}  // namespace millrace
