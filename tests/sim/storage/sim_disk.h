#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/disk.h"
#include "runtime/base/rng.h"

namespace millrace {

// A machine's disk in memory that takes every liberty that disk.h leaves it.
//
// At a power cut each name that was not synced is, by itself, the old one or
// the new one; of bytes that were not synced some prefix stays, possibly as
// zeros. Bytes whose Sync failed are not saved by a later one, as on Linux. A
// killed process loses nothing that it wrote. Paths are taken apart at '/';
// "." and ".." mean nothing. Thread-safe.
class SimDisk final : public Disk {
 public:
  struct Faults {
    // How likely a call fails with kUnavailable; a failed Append may have
    // written a part.
    double io_error = 0;
    // Bytes of all files; beyond it kResourceExhausted.
    int64_t capacity_bytes = std::numeric_limits<int64_t>::max();
  };
  struct Counts {
    int64_t changes = 0;  // Calls that change something, failed ones too.
    int64_t io_errors = 0;
    int64_t no_space = 0;
    int64_t kills = 0;
    int64_t power_cuts = 0;
    int64_t names_lost = 0;
    int64_t bytes_lost = 0;
  };

  explicit SimDisk(uint64_t seed);
  ~SimDisk() override;

  void set_faults(const Faults& faults);
  Counts counts() const;

  // The `nth` changing call from now (1: the next) fails with `code` and does
  // nothing.
  void FailChange(int64_t nth, absl::StatusCode code);
  // From the `nth` changing call on, nothing is done and every call fails,
  // until Kill or PowerCut: the machine ended just before it.
  void StopBefore(int64_t nth);
  // Whether it stands still by StopBefore.
  bool stopped() const;

  // The process that used the disk is gone, and another one begins: files that
  // were open fail from now on, locks are free.
  void Kill();
  // The same for the machine.
  void PowerCut();
  // Turns one bit of a file over, durably. REQUIRES: there is such a bit.
  void FlipBit(const std::string& path, int64_t bit);

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

 private:
  class OpenFile;
  class HeldLock;
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  struct Node {
    bool is_directory = false;
    // Of a file. The first `synced_bytes` are safe.
    std::string bytes;
    int64_t synced_bytes = 0;
    bool sync_failed = false;
    // Of a folder: as everybody sees it, and as it is on the disk.
    std::map<std::string, NodePtr> names;
    std::map<std::string, NodePtr> synced_names;
  };
  // Where a path leads: the folder it is in, its name there, and what that is
  // now (null: nothing).
  struct Place {
    NodePtr folder;
    std::string name;
    NodePtr node;
  };

  absl::StatusOr<Place> Find(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<NodePtr> FindNode(const std::string& path,
                                   bool is_directory)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Before every call that changes something.
  absl::Status BeginChange(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Before every other one.
  absl::Status MaybeFail(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MakeOneDirectory(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Append(Node& node, const std::string& path,
                      absl::string_view bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Sync(Node& node, const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t UsedBytes(const Node& folder) const;
  void CutFolder(Node& folder) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CutFile(Node& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndProcess() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  Rng rng_ ABSL_GUARDED_BY(mutex_);
  Faults faults_ ABSL_GUARDED_BY(mutex_);
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  NodePtr root_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> locks_ ABSL_GUARDED_BY(mutex_);
  int64_t process_ ABSL_GUARDED_BY(mutex_) = 0;
  // Counts down; 0: not armed.
  int64_t fail_in_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::StatusCode fail_code_ ABSL_GUARDED_BY(mutex_) =
      absl::StatusCode::kUnavailable;
  int64_t stop_in_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace
