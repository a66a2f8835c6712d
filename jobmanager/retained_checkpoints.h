#pragma once

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "state/storage/file_ledger.h"
#include "state/storage/manifest.h"

namespace millrace {

// The checkpoints of a job that count: the newest few, and every savepoint.
// Knows what of the store they, and the one under way, refer to, and so what
// may be deleted.
class RetainedCheckpoints {
 public:
  using Names = FileLedger::Names;

  // REQUIRES: limit > 0.
  explicit RetainedCheckpoints(int limit) : limit_(limit) {}

  // One is under way; what its acknowledgements refer to is held until it is
  // kept or abandoned.
  void Begin(CheckpointId checkpoint) { ledger_.Begin(checkpoint); }
  void Hold(CheckpointId checkpoint,
            const std::vector<OperatorSnapshot>& snapshots);
  // Returns what may be deleted now.
  Names Abandon(CheckpointId checkpoint) {
    return ledger_.Abandon(checkpoint);
  }

  // It is complete, or an attempt was restored from it. Returns what may be
  // deleted now: of the oldest checkpoints beyond the limit what nothing else
  // refers to. A savepoint takes no place.
  Names Keep(const Manifest& manifest);
  // An attempt was restored from it, and it is not this job's to delete.
  void Borrow(const Manifest& manifest) { ledger_.AddForeign(manifest); }

  // Checkpoints and savepoints of the job, ascending.
  std::vector<CheckpointId> ids() const { return ledger_.checkpoints(); }
  bool IsKept(absl::string_view name) const {
    return ledger_.IsReferenced(name);
  }

  // A savepoint is no longer to be kept; what is none changes nothing.
  Names Release(CheckpointId savepoint);

  // Of the names found in the store those that nothing refers to or ever will;
  // `next` is the first id that was not given out when they were listed.
  Names Orphans(absl::string_view job_id, const Names& listed,
                CheckpointId next) const {
    return ledger_.Orphans(job_id, listed, next);
  }

  // Lets go of everything but savepoints and what they refer to.
  Names Clear();

 private:
  const int limit_;
  std::deque<CheckpointId> checkpoints_;  // Oldest first; no savepoints.
  FileLedger ledger_;
};

}  // namespace millrace
