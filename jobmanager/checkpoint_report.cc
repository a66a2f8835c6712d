#include "jobmanager/checkpoint_report.h"

namespace millrace {

absl::string_view ToString(CheckpointKind kind) {
  switch (kind) {
    case CheckpointKind::kPeriodic: return "checkpoint";
    case CheckpointKind::kRequested: return "requested checkpoint";
    case CheckpointKind::kSavepoint: return "savepoint";
    case CheckpointKind::kStop: return "last savepoint";
    case CheckpointKind::kFinal: return "final checkpoint";
  }
  return "";
}

}  // namespace millrace
