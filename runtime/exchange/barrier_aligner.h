#pragma once

#include <optional>
#include <vector>

#include "runtime/base/strong_int.h"

namespace millrace {

// Decides when a subtask with several channels may take its snapshot: when the
// barrier of one checkpoint has come on every channel. A channel that delivered
// it is blocked, that is not read, until then. (Chandy-Lamport, aligned;
// Carbone et al. 2015, section 3.2.)
//
// A channel whose rows have ended takes part like the others: its sender stays
// alive and passes barriers on until the job's last checkpoint.
//
// A newer barrier gives up the alignment under way: its coordinator has moved
// on. A barrier of a checkpoint that was aligned or given up is stale and
// changes nothing.
//
// A state machine without clock or I/O.
class BarrierAligner {
 public:
  struct Actions {
    // Every barrier is in: snapshot, then pass the barrier on.
    std::optional<CheckpointId> aligned;
    // This alignment will never complete.
    std::optional<CheckpointId> given_up;

    friend bool operator==(const Actions&, const Actions&) = default;
  };

  explicit BarrierAligner(int channels) : arrived_(channels, false) {}

  Actions OnBarrier(int channel, CheckpointId checkpoint);
  // The coordinator gave the checkpoint up (a timeout).
  Actions OnAbort(CheckpointId checkpoint);

  bool IsBlocked(int channel) const { return arrived_[channel]; }
  bool IsAligning() const { return aligning_.has_value(); }

 private:
  std::optional<CheckpointId> CompleteIfAllArrived();
  void Unblock();

  std::vector<bool> arrived_;  // By channel.
  std::optional<CheckpointId> aligning_;
  // Barriers up to and including this one are stale.
  CheckpointId settled_{0};
};

}  // namespace millrace
