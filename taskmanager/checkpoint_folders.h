#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/disk.h"
#include "state/storage/local_object_store.h"

namespace millrace {

// The folders that checkpoints go to, each opened once for all attempts of this
// process, which are built by several threads. Thread-safe; one that is being
// opened is waited for. What it gives is thread-safe and lives as long.
class CheckpointFolders {
 public:
  // `writer` is this process's name, of letters that a folder may have, and
  // `life` its life: what earlier lives had on its way is removed, as far as it
  // can be.
  CheckpointFolders(Disk* disk, std::string writer, int64_t life);

  absl::StatusOr<ObjectStore*> Open(const std::string& folder);

 private:
  Disk* const disk_;
  const std::string prefix_;  // Of the names of all lives.
  const std::string writer_;
  absl::Mutex mutex_;
  std::map<std::string, std::unique_ptr<LocalObjectStore>> stores_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
