#include "runtime/exchange/input_gate.h"

#include <utility>

#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"

namespace millrace {

InputGate::InputGate(std::vector<Channel> channels, const Options& options)
    : channels_(std::move(channels)),
      options_(options),
      merger_(static_cast<int>(channels_.size()),
              options.restored_watermark_ms),
      aligner_(static_cast<int>(channels_.size())),
      open_channels_(static_cast<int>(channels_.size())) {
  if (options.restored_watermark_ms > kMinWatermark) {
    ready_.push_back(WatermarkEvent{options.restored_watermark_ms});
  }
}

absl::StatusOr<std::optional<InputGate::Received>> InputGate::Next() {
  const int count = static_cast<int>(channels_.size());
  int empty_in_a_row = 0;
  while (true) {
    if (ready_begin_ < ready_.size()) {
      return Received{.event = std::move(ready_[ready_begin_++])};
    }
    ready_.clear();
    ready_begin_ = 0;
    if (empty_in_a_row == count) return std::nullopt;

    const int channel = next_;
    next_ = next_ + 1 == count ? 0 : next_ + 1;
    std::optional<StreamEvent> event;
    if (!aligner_.IsBlocked(channel)) {
      event = Take(channels_[channel]);
    }
    if (!event) {
      ++empty_in_a_row;
      continue;
    }
    empty_in_a_row = 0;
    if (std::holds_alternative<Batch>(*event)) {
      return Received{channels_[channel].input, *std::move(event)};
    }
    RETURN_IF_ERROR(Handle(channel, *std::move(event)));
  }
}

std::optional<StreamEvent> InputGate::Take(const Channel& channel) {
  const int64_t before = channel.ring->taken_bytes();
  std::optional<StreamEvent> event = channel.ring->Take();
  if (event && std::holds_alternative<Batch>(*event)) {
    const FlowCounters& counters =
        channel.is_remote ? options_.remote : options_.local;
    counters.Count(channel.ring->taken_bytes() - before);
  }
  return event;
}

absl::Status InputGate::Handle(int channel, StreamEvent event) {
  if (const auto* watermark = std::get_if<WatermarkEvent>(&event)) {
    Pass(merger_.OnWatermark(channel, watermark->watermark_ms));
  } else if (const auto* idleness = std::get_if<IdlenessEvent>(&event)) {
    Pass(merger_.OnIdle(channel, idleness->idle));
  } else if (const auto* barrier = std::get_if<BarrierEvent>(&event)) {
    return TakeBarrier(channel, *barrier);
  } else if (const auto* marker = std::get_if<LatencyMarkerEvent>(&event)) {
    ready_.push_back(*marker);
  } else {
    Finish(channel);
  }
  return absl::OkStatus();
}

absl::Status InputGate::TakeBarrier(int channel, const BarrierEvent& barrier) {
  const bool was_aligning = aligner_.IsAligning();
  const BarrierAligner::Actions actions =
      aligner_.OnBarrier(channel, barrier.checkpoint);
  const bool is_first = actions.given_up || !was_aligning;
  if (is_first && (actions.aligned || aligner_.IsAligning())) {
    RETURN_IF_ERROR(Failpoint("tm.barrier.first"));
    if (options_.clock != nullptr) {
      aligning_since_nanos_ = options_.clock->SteadyNanos();
    }
    if (options_.start_delay_nanos != nullptr) {
      options_.start_delay_nanos->Set(
          barrier.DelayNanos(absl::ToUnixMicros(options_.clock->Now())));
    }
  }
  if (!actions.aligned) return absl::OkStatus();
  RETURN_IF_ERROR(Failpoint("tm.barrier.last"));
  if (options_.alignment_nanos != nullptr) {
    options_.alignment_nanos->Set(options_.clock->SteadyNanos() -
                                  aligning_since_nanos_);
  }
  ready_.push_back(BarrierEvent{*actions.aligned, barrier.triggered_micros});
  return absl::OkStatus();
}

void InputGate::Finish(int channel) {
  --open_channels_;
  Pass(merger_.OnFinished(channel));
  if (open_channels_ == 0) ready_.push_back(EndOfInputEvent{});
}

void InputGate::Pass(const WatermarkMerger::Outcome& outcome) {
  if (outcome.watermark) ready_.push_back(WatermarkEvent{*outcome.watermark});
  if (outcome.idle) ready_.push_back(IdlenessEvent{*outcome.idle});
}

}  // namespace millrace
