#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/base/disk.h"

namespace millrace {

// The machine's own files, by system calls. Has no state.
//
// One of its folders is never found with something in it before its own name
// is durable: MakeDirectory syncs the folder above first, and syncs it again
// where it finds one that is empty, which a killed process may have left.
class PosixDisk final : public Disk {
 public:
  absl::StatusOr<std::unique_ptr<File>> Create(
      const std::string& path) override;
  absl::StatusOr<std::string> Read(const std::string& path, int64_t offset,
                                   int64_t length) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Link(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<Entry>> List(
      const std::string& directory) override;
  absl::Status MakeDirectory(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::Status SyncFile(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<Lock>> Acquire(const std::string& path,
                                                IfHeld if_held) override;
};

// What the kernel answered (an errno) as disk.h names it, for a person: "JOB-
// 0040: cannot write /data/x: No space left on device. Free space ...".
absl::Status DiskError(int error, absl::string_view action,
                       const std::string& path);

}  // namespace millrace
