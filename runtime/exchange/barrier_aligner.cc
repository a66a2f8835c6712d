#include "runtime/exchange/barrier_aligner.h"

#include <algorithm>

namespace millrace {

BarrierAligner::Actions BarrierAligner::OnBarrier(int channel,
                                                  CheckpointId checkpoint) {
  Actions actions;
  if (checkpoint <= settled_) return actions;
  if (aligning_ && checkpoint < *aligning_) return actions;
  if (aligning_ && checkpoint > *aligning_) {
    actions.given_up = aligning_;
    settled_ = *aligning_;
    Unblock();
  }
  aligning_ = checkpoint;
  arrived_[channel] = true;
  actions.aligned = CompleteIfAllArrived();
  return actions;
}

BarrierAligner::Actions BarrierAligner::OnAbort(CheckpointId checkpoint) {
  Actions actions;
  if (checkpoint <= settled_) return actions;
  settled_ = checkpoint;
  if (aligning_ && *aligning_ <= checkpoint) {
    actions.given_up = aligning_;
    Unblock();
  }
  return actions;
}

std::optional<CheckpointId> BarrierAligner::CompleteIfAllArrived() {
  if (std::find(arrived_.begin(), arrived_.end(), false) != arrived_.end()) {
    return std::nullopt;
  }
  const CheckpointId aligned = *aligning_;
  settled_ = aligned;
  Unblock();
  return aligned;
}

void BarrierAligner::Unblock() {
  aligning_.reset();
  arrived_.assign(arrived_.size(), false);
}

}  // namespace millrace
