#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "jobmanager/retained_checkpoints.h"
#include "state/storage/manifest.h"

namespace millrace {

// Tells apart, among the files that snapshots of one checkpoint refer to, those
// that were uploaded for it by its attempt, and those of checkpoints before.
class SnapshotFiles {
 public:
  SnapshotFiles(absl::string_view job_id, int64_t attempt,
                CheckpointId checkpoint);

  bool IsUpload(absl::string_view file) const;

  // kInternal: a snapshot builds on a file that is neither an upload nor kept,
  // and so on a checkpoint that does not count.
  absl::Status CheckBasis(
      const std::vector<OperatorSnapshot>& snapshots,
      const RetainedCheckpoints& kept) const;
  // Uploads that only these snapshots know of.
  std::vector<std::string> Waste(
      const std::vector<OperatorSnapshot>& snapshots,
      const RetainedCheckpoints& kept) const;

  struct Size {
    int64_t all_bytes = 0;      // what a restore reads
    int64_t written_bytes = 0;  // what of it is new
  };
  Size SizeOf(const std::vector<OperatorSnapshot>& snapshots) const;

 private:
  // "<job>/shared/<attempt>-<checkpoint>-": see StateFileName.
  const std::string prefix_;
};

}  // namespace millrace
