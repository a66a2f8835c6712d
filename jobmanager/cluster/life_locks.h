#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/disk.h"

namespace millrace {

// Which JobManagers of a cluster live, as each of them can see: a process keeps
// the lock of a file of its own until it ends, however it ends.
//
//   FOLDER/<life, in hex>.<host>
//
// That somebody holds a lock says nothing about whether it does anything: one
// that stands still keeps it. That nobody holds it says that the process is
// gone, but only to who runs on its host: there are network file systems whose
// locks one host does not see of another. What is of another host, or of a
// version that did not say of which, is never known to be dead; its file stays,
// empty as it is. The folder is one that every JobManager reaches.
//
// Calls block. Thread-safe.
class LifeLocks {
 public:
  // Keeps the lock of `life`, which no other process ever has. `host` is
  // HostIdentity(): empty, nobody is ever known to be dead. `disk` outlives it.
  static absl::StatusOr<std::unique_ptr<LifeLocks>> Open(
      Disk* disk, const std::string& folder, absl::string_view host,
      int64_t life);

  // false: it lives, or never had a lock here, or is of another host, or the
  // disk does not answer.
  bool IsDead(int64_t life) const;

  // Has `remove` take away what the dead have left elsewhere, and then takes
  // away their files here: without them nobody would know any more that they
  // are dead, so after an error of `remove`, which is returned, they stay. Who
  // dies meanwhile is left for the next time.
  absl::Status Sweep(
      const std::function<absl::Status(const std::set<int64_t>& dead)>& remove);

 private:
  LifeLocks(Disk* disk, std::string folder, absl::string_view host);

  absl::StatusOr<bool> IsThere(const std::string& name) const;
  bool IsFree(const std::string& name) const;
  std::string NameOf(int64_t life) const;
  std::string PathOf(const std::string& name) const;

  Disk* const disk_;
  const std::string folder_;
  const std::string ending_;  // Of the names of this host's files.
  std::unique_ptr<Disk::Lock> mine_;
};

}  // namespace millrace
