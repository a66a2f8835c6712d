#include "runtime/worker/exchange_output.h"

#include <utility>

namespace millrace {

ExchangeOutput::ExchangeOutput(Partitioner partitioner,
                               std::vector<Ring*> channels, const Clock* clock)
    : partitioner_(std::move(partitioner)),
      channels_(std::move(channels)),
      clock_(clock) {}

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
  if (waiting_.empty() && channels_[receiver]->Offer(event)) return;
  waiting_.push_back({receiver, std::move(event)});
}

bool ExchangeOutput::Drain() {
  if (waiting_.empty()) return true;
  // A full channel keeps its own order and does not hold up the others.
  std::vector<bool> full(channels_.size(), false);
  std::deque<Waiting> still_waiting;
  for (Waiting& waiting : waiting_) {
    if (full[waiting.receiver] ||
        !channels_[waiting.receiver]->Offer(waiting.event)) {
      full[waiting.receiver] = true;
      still_waiting.push_back(std::move(waiting));
    }
  }
  waiting_ = std::move(still_waiting);
  return waiting_.empty();
}

}  // namespace millrace
