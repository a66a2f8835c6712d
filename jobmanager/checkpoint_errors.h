#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"

namespace millrace {

// What a person is told when checkpoints end an attempt.

absl::Status LatestCheckpointIsGone(CheckpointId latest);
absl::Status AnotherRunsTheJob(const absl::Status& cause);
bool SaysAnotherRunsTheJob(const absl::Status& status);
// An id that is not above the last one.
absl::Status IdWasUsed(CheckpointId id, CheckpointId last);
// CommittingWriter::kHeldUp: another system is what a sink, and so its barrier,
// waits for; no failure of the job, nor of its checkpoints.
bool SaysSinkIsHeldUp(const absl::Status& status);
// Whether it counts could not be found out.
absl::Status CheckpointInDoubt(CheckpointId checkpoint, absl::string_view why);
// The checkpoint, 0: one that had no id yet, was one too many to fail.
absl::Status TooManyFailures(CheckpointId checkpoint, int tolerable,
                             const absl::Status& cause);

}  // namespace millrace
