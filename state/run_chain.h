#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "runtime/base/strong_int.h"
#include "state/run_collector.h"
#include "state/snapshot.h"
#include "state/storage/manifest.h"

namespace millrace {

// The runs that an operator's resident state consists of for its snapshots: a
// base with everything, then one run of changes for each later snapshot.
//
// A snapshot refers to a run by the place that it has in the latest completed
// checkpoint, where it is certain which that is; otherwise the run's entries
// are kept here and every snapshot uploads them itself. So a checkpoint that is
// aborted, or whose outcome comes late or never, costs bytes and nothing else.
//
// Owned by one worker; what Add returns is filled by the upload's thread, and
// looked at again only when its checkpoint has completed, which it cannot have
// before that.
class RunChain {
 public:
  // More changes than this part of the base, or more runs than this, and the
  // next snapshot is a base again: a restore reads at most 1.5 times the
  // state, and a manifest lists few files.
  static constexpr int64_t kChangesPerBase = 2;
  static constexpr size_t kMaxRuns = 64;

  // One run in one snapshot.
  struct FrozenRun {
    int64_t serial = 0;
    // What to upload; null: `blob` is there already.
    std::shared_ptr<const RunCollector> entries;
    Blob blob;
  };
  struct FrozenRuns {
    std::vector<FrozenRun> runs;  // Oldest first.
    bool uploaded = false;        // Every blob is there.
  };

  // Begins with the runs of a checkpoint that completed, oldest first.
  // REQUIRES: nothing was added.
  void Adopt(const std::vector<Blob>& runs);

  // What the next snapshot is to be of.
  SnapshotWriter::Extent NextExtent() const;

  // The snapshot of `checkpoint` has this in addition; of kAll, instead of all
  // before.
  std::shared_ptr<FrozenRuns> Add(CheckpointId checkpoint,
                                  SnapshotWriter::Extent extent,
                                  std::shared_ptr<const RunCollector> entries);

  // Nothing happens for a checkpoint that is not known, or not any more.
  void OnComplete(CheckpointId checkpoint);
  void OnAbort(CheckpointId checkpoint);

  size_t size() const { return chain_.size(); }

 private:
  // Snapshots whose outcome is not known, at most: one is under way and the
  // news of a few may be late. An older one can do without its own.
  static constexpr size_t kMaxOpen = 4;

  struct Run {
    int64_t serial = 0;
    int64_t size_bytes = 0;
    // Until `blob` is certain.
    std::shared_ptr<const RunCollector> entries;
    Blob blob;
  };
  struct OpenSnapshot {
    CheckpointId checkpoint;
    std::shared_ptr<FrozenRuns> frozen;
  };

  std::vector<Run> chain_;
  std::deque<OpenSnapshot> open_;
  int64_t next_serial_ = 0;
};

}  // namespace millrace
