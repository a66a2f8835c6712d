#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// The files of one machine, as what must survive a power cut sees them:
//
//   - Bytes are durable once File::Sync is OK, names once SyncDirectory of
//     their folder is. Before that a power cut may take any of them back.
//   - Rename is atomic: a reader finds the old file or the new one, whole.
//
// Calls block; they are made on an Executor or while nothing runs yet. Errors
// carry the path: kNotFound, kAlreadyExists, kPermissionDenied,
// kResourceExhausted (no space, no quota), kUnavailable (an I/O error),
// kFailedPrecondition (a folder that is not empty, or is none).
// Thread-safe; one File is for one thread at a time.
class Disk {
 public:
  // A file being written, from its begin to its end.
  class File {
   public:
    // Closes; errors are lost, so Close first.
    virtual ~File() = default;
    virtual absl::Status Append(absl::string_view bytes) = 0;
    virtual absl::Status Sync() = 0;
    virtual absl::Status Close() = 0;
  };
  struct Entry {
    std::string name;  // Within its folder.
    int64_t size_bytes = 0;
    bool is_directory = false;
  };

  // Held until destroyed, or until its process ends in whatever way.
  class Lock {
   public:
    virtual ~Lock() = default;
  };
  enum class IfHeld { kWait, kFail };

  virtual ~Disk() = default;

  // A new empty file in the place of any other; what has another name of that
  // one's bytes keeps them.
  virtual absl::StatusOr<std::unique_ptr<File>> Create(
      const std::string& path) = 0;
  // Up to `length` bytes from `offset`; fewer = the file ends there.
  virtual absl::StatusOr<std::string> Read(
      const std::string& path, int64_t offset = 0,
      int64_t length = std::numeric_limits<int64_t>::max()) = 0;
  // Replaces `to`.
  virtual absl::Status Rename(const std::string& from,
                              const std::string& to) = 0;
  // A second name of the same bytes. kAlreadyExists, kFailedPrecondition where
  // the file system cannot (another device).
  virtual absl::Status Link(const std::string& from, const std::string& to) = 0;
  // A file or an empty folder. OK when there is none.
  virtual absl::Status Remove(const std::string& path) = 0;
  // In any order; no such folder: empty.
  virtual absl::StatusOr<std::vector<Entry>> List(
      const std::string& directory) = 0;
  // With its parents, durably. OK when it is there.
  virtual absl::Status MakeDirectory(const std::string& path) = 0;
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
  // The same for the bytes of a file that something else wrote.
  virtual absl::Status SyncFile(const std::string& path) = 0;

  // Excludes every other holder of `path`, a file that is made for it and
  // stays, in this process and others. kFail: kFailedPrecondition while it is
  // held.
  virtual absl::StatusOr<std::unique_ptr<Lock>> Acquire(
      const std::string& path, IfHeld if_held) = 0;
};

// The folder that `path` is in: "a" of "a/b", "." of "a", "/" of "/a".
std::string FolderOf(const std::string& path);

// A new file with these bytes, durable but for its name. After an error it may
// be there, in part.
absl::Status WriteSynced(Disk& disk, const std::string& path,
                         absl::string_view bytes);

// `path` holds `bytes`, whole and durable, or what it held before: written
// beside it (PATH.new, which a kill may leave), synced, renamed, its folder
// synced. The folder must be there. One writer of a path at a time. After an
// error either may be found, and what is found may be taken back by a power
// cut.
absl::Status WriteDurably(Disk& disk, const std::string& path,
                          absl::string_view bytes);

// With everything below it. OK when there is none.
absl::Status RemoveTree(Disk& disk, const std::string& path);

}  // namespace millrace
