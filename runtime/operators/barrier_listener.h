#pragma once

#include "absl/status/status.h"
#include "runtime/base/strong_int.h"

namespace millrace {

// An operator that is told when a barrier sets out, not only when it comes: one
// that takes no rows now and then, and would hold up the barrier behind them.
//
// Called by the operator's worker, also while another call is unfinished.
class BarrierListener {
 public:
  virtual ~BarrierListener() = default;

  // It stands behind rows that are still to come. May be missing, or come when
  // the barrier has passed.
  virtual void OnCheckpointBegun(CheckpointId checkpoint) = 0;
  // It may not come, or came for nothing. Likewise.
  virtual void OnCheckpointAborted(CheckpointId checkpoint) = 0;
  // The input is going to end, and no barrier but the one behind its end is
  // still to come. May be told twice.
  virtual void OnDraining() {}

  // See CommittingWriter::HeldUp; asked while it takes no rows.
  virtual absl::Status HeldUp() const { return absl::OkStatus(); }
};

}  // namespace millrace
