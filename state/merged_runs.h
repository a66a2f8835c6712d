#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/executor.h"
#include "state/snapshot.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

struct MergedRunOptions {
  // Who reads large states beside the caller (SnapshotReader::ReadRanges), and
  // outlives the reader; null: nobody.
  Executor* helpers = nullptr;
  // Fewer entries than this are not worth to wake anybody for.
  uint64_t least_shared = 64 << 10;
};

// Reads the runs of `snapshots`, which are one operator's as ShareOf gives
// them, as if they were one: of every key the newest entry, without what was
// erased or dropped. `store` outlives the reader.
//
// A few MiB of each run are held at a time. Reading blocks. Errors: kDataLoss
// when a file is missing or damaged, kFailedPrecondition for a part that is not
// of runs, kUnavailable when the store cannot be reached now.
absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenMergedRuns(
    std::vector<OperatorSnapshot> snapshots, ObjectStore* store,
    const MergedRunOptions& options = {});

}  // namespace millrace
