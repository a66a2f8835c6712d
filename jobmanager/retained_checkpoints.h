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
//
// Savepoints of earlier processes are found only by looking through the store.
// Until that was done (Survey) every name to be deleted is held back.
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

  // A savepoint is no longer to be kept; what is none changes nothing. Output
  // that waits in it stays for the next checkpoint.
  Names Release(CheckpointId savepoint);

  // The store was looked through, and these savepoints were found in it.
  // Returns what may be deleted of all that was held back, and of `listed` what
  // nothing refers to or ever will; `next` is the first id that was not given
  // out at that time.
  Names Survey(const std::vector<Manifest>& savepoints,
               absl::string_view job_id, const Names& listed,
               CheckpointId next);
  // `names` where they may be deleted now.
  Names HoldUntilSurvey(Names names);

  // The job has ended: lets go of everything but savepoints and what they refer
  // to.
  Names Clear();
  // It has ended, and these stay: lets go of output that no checkpoint will
  // take over any more.
  Names EndOutput() { return ledger_.EndOutput(); }

 private:
  // Beyond it names are let go: the next survey finds them as orphans.
  static constexpr size_t kMostHeld = 100'000;

  const int limit_;
  std::deque<CheckpointId> checkpoints_;  // Oldest first; no savepoints.
  FileLedger ledger_;
  bool surveyed_ = false;
  Names held_;
};

}  // namespace millrace
