#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"

namespace millrace {

// Why a checkpoint was taken.
enum class CheckpointKind {
  kPeriodic,   // its time had come
  kRequested,  // a person asked for a checkpoint
  kSavepoint,  // a person asked for a savepoint
  kStop,       // a person asked for a savepoint that the job ends with
  kFinal       // every subtask's input has ended
};

absl::string_view ToString(CheckpointKind kind);

// What became of one checkpoint, for status, metrics and log.
struct CheckpointReport {
  enum class Outcome { kBegun, kCompleted, kFailed };

  Outcome outcome = Outcome::kBegun;
  CheckpointKind kind = CheckpointKind::kPeriodic;
  CheckpointId checkpoint;  // 0 where none was reserved for it yet.
  absl::Duration duration;  // From its beginning to this.
  // kCompleted: all that a restore reads, and what of it was written anew.
  int64_t state_bytes = 0;
  int64_t written_bytes = 0;
  absl::Status failure;  // kFailed.
  // Of a report that is kept to be shown: when it was made, and the folder that
  // the checkpoint lies in. Unknown: the infinite past, empty.
  absl::Time at = absl::InfinitePast();
  std::string path;
};

}  // namespace millrace
