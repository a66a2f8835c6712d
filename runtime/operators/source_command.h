#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "runtime/base/strong_int.h"
#include "runtime/connector/source.h"

namespace millrace {

// What the job's master tells a source subtask, in order: what was given before
// a trigger is in its checkpoint, what comes after is not.

struct SplitCommand {
  std::vector<Split> splits;   // To be read, beside those it has.
  bool no_more_splits = false;
  // While it holds, the watermark does not rise and nothing is late.
  bool hold_watermark = false;
};

// Put a barrier behind what was given out so far. For every subtask without an
// input, also one that has no splits or has ended.
struct TriggerCommand {
  CheckpointId checkpoint;
  // The job is to end with it: nothing is given out behind the barrier, unless
  // the checkpoint is aborted or another is triggered.
  bool stand_still = false;
  int64_t triggered_micros = 0;  // See BarrierEvent.
};

// The input ends here: the last watermark and the end are given out. What is
// left of the splits stays in the snapshots.
struct DrainCommand {};

using SourceCommand = std::variant<SplitCommand, TriggerCommand, DrainCommand>;

}  // namespace millrace
