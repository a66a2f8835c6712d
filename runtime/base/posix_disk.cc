#include "runtime/base/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

// Calls `system_call` again for as long as a signal interrupts it.
template <typename Call>
auto Uninterrupted(const Call& system_call) {
  auto result = system_call();
  while (result < 0 && errno == EINTR) result = system_call();
  return result;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor() {
    if (number_ >= 0) close(number_);
  }

  int number() const { return number_; }
  int Release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

absl::StatusOr<FileDescriptor> Open(const std::string& path, int flags,
                                    absl::string_view action) {
  const int number = Uninterrupted(
      [&] { return open(path.c_str(), flags | O_CLOEXEC, kFileMode); });
  if (number < 0) return DiskError(errno, action, path);
  return FileDescriptor(number);
}

class PosixFile final : public Disk::File {
 public:
  PosixFile(std::string path, FileDescriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Append(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = Uninterrupted([&] {
        return write(file_.number(), bytes.data(), bytes.size());
      });
      if (written < 0) return DiskError(errno, "write", path_);
      bytes.remove_prefix(written);
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    if (Uninterrupted([&] { return fdatasync(file_.number()); }) != 0) {
      return DiskError(errno, "sync", path_);
    }
    return absl::OkStatus();
  }

  absl::Status Close() override {
    // Linux has closed it even where it answers EINTR.
    if (close(file_.Release()) != 0 && errno != EINTR) {
      return DiskError(errno, "close", path_);
    }
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  FileDescriptor file_;
};

class FlockLock final : public Disk::Lock {
 public:
  explicit FlockLock(FileDescriptor file) : file_(std::move(file)) {}

 private:
  FileDescriptor file_;
};

// A folder that is open for reading, closed at the end.
using OpenFolder = std::unique_ptr<DIR, int (*)(DIR*)>;

bool IsDots(absl::string_view name) { return name == "." || name == ".."; }

// Looks at three names at most: folders are large.
absl::StatusOr<bool> IsEmptyFolder(const std::string& path) {
  const OpenFolder folder(opendir(path.c_str()), closedir);
  if (folder == nullptr) return DiskError(errno, "list", path);
  errno = 0;
  while (const dirent* entry = readdir(folder.get())) {
    if (!IsDots(entry->d_name)) return false;
  }
  if (errno != 0) return DiskError(errno, "list", path);
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Disk::File>> PosixDisk::Create(
    const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL;
  auto file = Open(path, kFlags, "create");
  if (absl::IsAlreadyExists(file.status())) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
      return DiskError(errno, "replace", path);
    }
    file = Open(path, kFlags, "create");
  }
  if (!file.ok()) return file.status();
  return std::make_unique<PosixFile>(path, *std::move(file));
}

absl::StatusOr<std::string> PosixDisk::Read(const std::string& path,
                                            int64_t offset, int64_t length) {
  ASSIGN_OR_RETURN(const FileDescriptor file, Open(path, O_RDONLY, "open"));
  struct stat facts;
  if (fstat(file.number(), &facts) != 0) return DiskError(errno, "read", path);
  if (S_ISDIR(facts.st_mode)) return DiskError(EISDIR, "read", path);
  std::string bytes;
  bytes.resize(std::clamp<int64_t>(facts.st_size - offset, 0, length));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t read = Uninterrupted([&] {
      return pread(file.number(), bytes.data() + done, bytes.size() - done,
                   offset + static_cast<int64_t>(done));
    });
    if (read < 0) return DiskError(errno, "read", path);
    if (read == 0) break;
    done += read;
  }
  bytes.resize(done);
  return bytes;
}

absl::Status PosixDisk::Rename(const std::string& from,
                               const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) {
    return DiskError(errno, "rename a file to", to);
  }
  return absl::OkStatus();
}

absl::Status PosixDisk::Link(const std::string& from, const std::string& to) {
  if (link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  // Some file systems have no links and say that they are not permitted.
  const int error = errno == EPERM ? EOPNOTSUPP : errno;
  return DiskError(error, "link a file to", to);
}

absl::Status PosixDisk::Remove(const std::string& path) {
  if (std::remove(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) {
    return absl::OkStatus();
  }
  return DiskError(errno == EEXIST ? ENOTEMPTY : errno, "remove", path);
}

absl::StatusOr<std::vector<Disk::Entry>> PosixDisk::List(
    const std::string& directory) {
  std::vector<Entry> entries;
  const OpenFolder folder(opendir(directory.c_str()), closedir);
  if (folder == nullptr) {
    if (errno == ENOENT) return entries;
    return DiskError(errno, "list", directory);
  }
  for (errno = 0; const dirent* entry = readdir(folder.get()); errno = 0) {
    if (IsDots(entry->d_name)) continue;
    Entry found = {.name = entry->d_name};
    struct stat facts;
    if (fstatat(dirfd(folder.get()), entry->d_name, &facts,
                AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // Removed meanwhile.
      return DiskError(errno, "list", directory);
    }
    found.is_directory = S_ISDIR(facts.st_mode);
    if (!found.is_directory) found.size_bytes = facts.st_size;
    entries.push_back(std::move(found));
  }
  if (errno != 0) return DiskError(errno, "list", directory);
  return entries;
}

absl::Status PosixDisk::MakeDirectory(const std::string& path) {
  int made = mkdir(path.c_str(), kFolderMode);
  if (made != 0 && errno == ENOENT && FolderOf(path) != path) {
    RETURN_IF_ERROR(MakeDirectory(FolderOf(path)));
    made = mkdir(path.c_str(), kFolderMode);
  }
  if (made != 0) {
    if (errno != EEXIST) return DiskError(errno, "make the folder", path);
    ASSIGN_OR_RETURN(const bool is_empty, IsEmptyFolder(path));
    if (!is_empty) return absl::OkStatus();
  }
  return SyncDirectory(FolderOf(path));
}

absl::Status PosixDisk::SyncDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(const FileDescriptor folder,
                   Open(path, O_RDONLY | O_DIRECTORY, "open"));
  // EINVAL: a file system whose folders need no sync.
  if (Uninterrupted([&] { return fsync(folder.number()); }) != 0 &&
      errno != EINVAL) {
    return DiskError(errno, "sync", path);
  }
  return absl::OkStatus();
}

absl::Status PosixDisk::SyncFile(const std::string& path) {
  ASSIGN_OR_RETURN(const FileDescriptor file, Open(path, O_RDONLY, "open"));
  if (Uninterrupted([&] { return fsync(file.number()); }) != 0) {
    return DiskError(errno, "sync", path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Disk::Lock>> PosixDisk::Acquire(
    const std::string& path, IfHeld if_held) {
  ASSIGN_OR_RETURN(FileDescriptor file, Open(path, O_RDWR | O_CREAT, "lock"));
  const int how = LOCK_EX | (if_held == IfHeld::kFail ? LOCK_NB : 0);
  if (Uninterrupted([&] { return flock(file.number(), how); }) != 0) {
    if (errno == EWOULDBLOCK) {
      return absl::FailedPreconditionError(path + " is locked by another");
    }
    return DiskError(errno, "lock", path);
  }
  return std::make_unique<FlockLock>(std::move(file));
}

}  // namespace millrace
