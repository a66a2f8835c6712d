#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/disk.h"
#include "runtime/base/strong_int.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

// Savepoints (savepoint.h) as folders of a disk, for people to keep and copy.
// Calls block.

// Whose a savepoint is once a job has begun from it.
enum class RestoreMode {
  // It stays whose it was: nothing of it is referred to, changed or deleted,
  // and output that waits in it to be committed is left to the job that it is
  // of.
  kFork,
  // It becomes the job's, which commits that output, and deletes the savepoint
  // once it has a checkpoint of its own.
  kClaim
};

// Writes the checkpoint of the job, whose files lie in `objects`, into a folder
// of its own below `target` and returns that folder's path:
// "<target>/savepoint-<first 6 digits of the job's id>-<checkpoint>".
absl::StatusOr<std::string> WriteSavepointFolder(const std::string& job_id,
                                                 CheckpointId checkpoint,
                                                 const std::string& target,
                                                 ObjectStore& objects,
                                                 Disk* disk);

// The savepoint in the folder, brought into `objects` as the job's; nothing is
// written into the folder. A job that begins again from a savepoint of its own
// is the one that its output waits for, whatever the mode. JOB-0036: there is
// none.
absl::StatusOr<Manifest> ReadSavepointFolder(const std::string& path,
                                             RestoreMode mode,
                                             const std::string& job_id,
                                             ObjectStore& objects, Disk* disk);

}  // namespace millrace
