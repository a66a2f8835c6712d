#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/disk.h"

namespace millrace {

// Which JobManagers of a cluster live, as each of them can see: a process keeps
// the lock of a file of its own until it ends, however it ends.
//
//   FOLDER/<life, in hex>
//
// That somebody holds a lock says nothing about whether it does anything: one
// that stands still keeps it. That nobody holds it says that the process is
// gone. The folder is one that every JobManager reaches.
//
// Calls block. Thread-safe.
class LifeLocks {
 public:
  // Keeps the lock of `life`, which no other process ever has. `disk` outlives
  // it.
  static absl::StatusOr<std::unique_ptr<LifeLocks>> Open(
      Disk* disk, const std::string& folder, int64_t life);

  // false: it lives, or never had a lock here, or the disk does not answer.
  bool IsDead(int64_t life) const;
  // Removes the files of the dead, of whom nothing can be asked any more.
  void Sweep();

 private:
  LifeLocks(Disk* disk, std::string folder)
      : disk_(disk), folder_(std::move(folder)) {}

  absl::StatusOr<bool> IsThere(const std::string& name) const;
  bool IsFree(const std::string& name) const;
  std::string PathOf(const std::string& name) const;

  Disk* const disk_;
  const std::string folder_;
  std::unique_ptr<Disk::Lock> mine_;
};

}  // namespace millrace
