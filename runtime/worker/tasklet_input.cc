#include "runtime/worker/tasklet_input.h"

#include <utility>
#include <vector>

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

 private:
  InputGate gate_;
};

class SourceInput final : public TaskletInput {
 public:
  explicit SourceInput(std::unique_ptr<SourceOperator> source)
      : source_(std::move(source)) {}

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
      case Kind::kEnd:
        received.event = EndOfInputEvent{};
        break;
    }
    return received;
  }

  int64_t NextPollNanos() const override { return source_->NextPollNanos(); }

 private:
  std::unique_ptr<SourceOperator> source_;
};

class LiteralInput final : public TaskletInput {
 public:
  explicit LiteralInput(std::vector<Batch> batches)
      : batches_(std::move(batches)) {}

  absl::StatusOr<std::optional<Received>> Next() override {
    Received received;
    const size_t at = next_++;
    if (at < batches_.size()) {
      received.event = std::move(batches_[at]);
    } else if (at == batches_.size()) {
      received.event = WatermarkEvent{kMaxWatermark};
    } else {
      received.event = EndOfInputEvent{};
    }
    return received;
  }

 private:
  std::vector<Batch> batches_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<TaskletInput> InputFrom(InputGate gate) {
  return std::make_unique<GateInput>(std::move(gate));
}

std::unique_ptr<TaskletInput> InputFrom(
    std::unique_ptr<SourceOperator> source) {
  return std::make_unique<SourceInput>(std::move(source));
}

std::unique_ptr<TaskletInput> InputFrom(std::vector<Batch> batches) {
  return std::make_unique<LiteralInput>(std::move(batches));
}

}  // namespace millrace
