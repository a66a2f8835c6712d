#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "embedded/job_directory.h"
#include "runtime/base/disk.h"
#include "state/storage/manifest.h"

namespace millrace {

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

// The savepoint in the folder `path`, brought into the directory as its job's.
// A job that begins again from a savepoint of its own is the one that its
// output waits for, whatever the mode. JOB-0036: there is none.
absl::StatusOr<Manifest> ReadSavepoint(JobDirectory& directory,
                                       const std::string& path,
                                       RestoreMode mode, Disk* disk);

}  // namespace millrace
