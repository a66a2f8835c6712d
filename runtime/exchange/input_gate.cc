#include "runtime/exchange/input_gate.h"

#include <utility>

namespace millrace {

InputGate::InputGate(std::vector<Channel> channels)
    : channels_(std::move(channels)),
      merger_(static_cast<int>(channels_.size())),
      aligner_(static_cast<int>(channels_.size())),
      ended_(channels_.size(), false),
      open_channels_(static_cast<int>(channels_.size())) {}

std::optional<InputGate::Received> InputGate::Next() {
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
    if (!ended_[channel] && !aligner_.IsBlocked(channel)) {
      event = channels_[channel].ring->Take();
    }
    if (!event) {
      ++empty_in_a_row;
      continue;
    }
    empty_in_a_row = 0;
    if (std::holds_alternative<Batch>(*event)) {
      return Received{channels_[channel].input, *std::move(event)};
    }
    Handle(channel, *std::move(event));
  }
}

void InputGate::Handle(int channel, StreamEvent event) {
  if (const auto* watermark = std::get_if<WatermarkEvent>(&event)) {
    Pass(merger_.OnWatermark(channel, watermark->watermark_ms));
  } else if (const auto* idleness = std::get_if<IdlenessEvent>(&event)) {
    Pass(merger_.OnIdle(channel, idleness->idle));
  } else if (const auto* barrier = std::get_if<BarrierEvent>(&event)) {
    Pass(aligner_.OnBarrier(channel, barrier->checkpoint));
  } else {
    Finish(channel);
  }
}

void InputGate::Finish(int channel) {
  ended_[channel] = true;
  --open_channels_;
  Pass(merger_.OnFinished(channel));
  Pass(aligner_.OnFinished(channel));
  if (open_channels_ == 0) ready_.push_back(EndOfInputEvent{});
}

void InputGate::Pass(const WatermarkMerger::Outcome& outcome) {
  if (outcome.watermark) ready_.push_back(WatermarkEvent{*outcome.watermark});
  if (outcome.idle) ready_.push_back(IdlenessEvent{*outcome.idle});
}

void InputGate::Pass(const BarrierAligner::Actions& actions) {
  if (actions.aligned) ready_.push_back(BarrierEvent{*actions.aligned});
}

}  // namespace millrace
