#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/disk.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

// Savepoints of a cluster's jobs as folders that stand by themselves
// (state/storage/savepoint.h). Calls block.

// Writes the checkpoint of the job into a folder of its own below `target` and
// returns that folder's path:
// "<target>/savepoint-<first 6 digits of the job's id>-<checkpoint>".
absl::StatusOr<std::string> WriteSavepointFolder(const std::string& job_id,
                                                 CheckpointId checkpoint,
                                                 const std::string& target,
                                                 ObjectStore& objects,
                                                 Disk* disk);

// The savepoint in the folder `path`, brought into `objects` for the job: as a
// fork, so without the output that waits in it, unless it is a savepoint of this
// very job. JOB-0036: there is none.
absl::StatusOr<Manifest> ReadSavepointFolder(const std::string& path,
                                             const std::string& job_id,
                                             ObjectStore& objects, Disk* disk);

}  // namespace millrace
