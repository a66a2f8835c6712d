#include "runtime/worker/exchange_output.h"

#include <utility>

namespace millrace {

ExchangeOutput::ExchangeOutput(Partitioner partitioner,
                               std::vector<Ring*> channels, const Clock* clock,
                               FlowCounters counters)
    : partitioner_(std::move(partitioner)),
      channels_(std::move(channels)),
      clock_(clock),
      counters_(counters) {}

absl::Status ExchangeOutput::Emit(Batch batch) {
  partitioner_.Route(std::move(batch), routed_);
  Dispatch();
  if (!partitioner_.HasPending()) {
    flush_at_nanos_ = INT64_MAX;
  } else if (flush_at_nanos_ == INT64_MAX) {
    flush_at_nanos_ =
        clock_->SteadyNanos() + absl::ToInt64Nanoseconds(kMaxAge);
  }
  return absl::OkStatus();
}

void ExchangeOutput::Send(const StreamEvent& event) {
  Flush();
  for (int i = 0; i < static_cast<int>(channels_.size()); ++i) {
    if (channels_[i] != nullptr) Offer(i, event);
  }
}

void ExchangeOutput::SendToOne(const LatencyMarkerEvent& marker) {
  for (size_t tried = 0; tried < channels_.size(); ++tried) {
    const size_t channel = next_marked_;
    next_marked_ = next_marked_ + 1 == channels_.size() ? 0 : next_marked_ + 1;
    if (channels_[channel] == nullptr) continue;
    Offer(static_cast<int>(channel), marker);
    return;
  }
}

void ExchangeOutput::Flush() {
  flush_at_nanos_ = INT64_MAX;
  partitioner_.Flush(routed_);
  Dispatch();
}

void ExchangeOutput::Dispatch() {
  for (Partitioner::Routed& routed : routed_) {
    Offer(routed.receiver, std::move(routed.batch));
  }
  routed_.clear();
}

void ExchangeOutput::Offer(int receiver, StreamEvent event) {
  if (waiting_.empty() && TryOffer(receiver, event)) return;
  waiting_.push_back({receiver, std::move(event)});
}

bool ExchangeOutput::TryOffer(int receiver, StreamEvent& event) {
  Ring& channel = *channels_[receiver];
  const bool is_batch = std::holds_alternative<Batch>(event);
  const int64_t before = channel.offered_bytes();
  if (!channel.Offer(event)) return false;
  if (is_batch) counters_.Count(channel.offered_bytes() - before);
  return true;
}

bool ExchangeOutput::Drain() {
  if (waiting_.empty()) return true;
  // A full channel keeps its own order and does not hold up the others.
  std::vector<bool> full(channels_.size(), false);
  std::deque<Waiting> still_waiting;
  for (Waiting& waiting : waiting_) {
    if (full[waiting.receiver] ||
        !TryOffer(waiting.receiver, waiting.event)) {
      full[waiting.receiver] = true;
      still_waiting.push_back(std::move(waiting));
    }
  }
  waiting_ = std::move(still_waiting);
  return waiting_.empty();
}

}  // namespace millrace
