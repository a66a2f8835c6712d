#include "state/storage/local_object_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// What is copied in one piece: large enough for a disk, small beside a budget.
constexpr int64_t kCopyBytes = 1 << 20;
// How often the folder of an object is made anew because a Delete has removed
// it in between; each time another process was faster.
constexpr int kFolderTries = 10;

absl::Status CheckName(const std::string& name) {
  for (const absl::string_view part : absl::StrSplit(name, '/')) {
    if (part.empty() || part[0] == '.') {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", name, "\" is no name of an object"));
    }
  }
  return absl::OkStatus();
}

absl::Status Copy(Disk& disk, const std::string& from, const std::string& to,
                  bool is_synced) {
  ASSIGN_OR_RETURN(const auto file, disk.Create(to));
  for (int64_t offset = 0;; offset += kCopyBytes) {
    ASSIGN_OR_RETURN(const std::string bytes,
                     disk.Read(from, offset, kCopyBytes));
    RETURN_IF_ERROR(file->Append(bytes));
    if (static_cast<int64_t>(bytes.size()) < kCopyBytes) break;
  }
  if (is_synced) RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

LocalObjectStore::LocalObjectStore(Disk* disk, std::string folder,
                                   std::unique_ptr<WritingFolder> on_its_way)
    : disk_(disk),
      folder_(std::move(folder)),
      on_its_way_(std::move(on_its_way)) {}

absl::StatusOr<std::unique_ptr<LocalObjectStore>> LocalObjectStore::Open(
    Disk* disk, const Options& options) {
  RETURN_IF_ERROR(CheckName(options.writer));
  ASSIGN_OR_RETURN(auto on_its_way, WritingFolder::Open(disk, options.folder,
                                                        options.writer));
  return std::unique_ptr<LocalObjectStore>(new LocalObjectStore(
      disk, options.folder, std::move(on_its_way)));
}

std::string LocalObjectStore::PathOf(const std::string& name) const {
  return absl::StrCat(folder_, "/", name);
}

absl::Status LocalObjectStore::Put(const std::string& name,
                                   absl::string_view bytes) {
  RETURN_IF_ERROR(CheckName(name));
  ASSIGN_OR_RETURN(const std::string path, on_its_way_->Write(bytes));
  return MoveIn(path, name);
}

absl::Status LocalObjectStore::MoveIn(const std::string& on_its_way,
                                      const std::string& name) {
  const std::string path = PathOf(name);
  absl::Status moved = absl::NotFoundError(path);
  for (int i = 0; i < kFolderTries && absl::IsNotFound(moved); ++i) {
    moved = disk_->MakeDirectory(FolderOf(path));
    if (moved.ok()) moved = disk_->Rename(on_its_way, path);
  }
  if (moved.ok()) return disk_->SyncDirectory(FolderOf(path));
  disk_->Remove(on_its_way).IgnoreError();
  return moved;
}

absl::Status LocalObjectStore::PutFile(const std::string& name,
                                       const std::string& path) {
  RETURN_IF_ERROR(CheckName(name));
  RETURN_IF_ERROR(disk_->SyncFile(path));
  const std::string object = PathOf(name);
  absl::Status linked = absl::NotFoundError(object);
  for (int i = 0; i < kFolderTries && absl::IsNotFound(linked); ++i) {
    linked = disk_->MakeDirectory(FolderOf(object));
    if (linked.ok()) linked = disk_->Link(path, object);
  }
  // It is this Put's, repeated: no two writers share a name.
  if (absl::IsAlreadyExists(linked)) linked = absl::OkStatus();
  if (linked.ok()) return disk_->SyncDirectory(FolderOf(object));
  // Another device, or a file system without links.
  if (absl::IsFailedPrecondition(linked)) return CopyIn(path, name);
  return linked;
}

absl::Status LocalObjectStore::CopyIn(const std::string& path,
                                      const std::string& name) {
  const std::string copy = on_its_way_->NextPath();
  const absl::Status copied = Copy(*disk_, path, copy, /*is_synced=*/true);
  if (copied.ok()) return MoveIn(copy, name);
  disk_->Remove(copy).IgnoreError();
  return copied;
}

absl::StatusOr<std::string> LocalObjectStore::Get(const std::string& name,
                                                  int64_t offset,
                                                  int64_t length) {
  RETURN_IF_ERROR(CheckName(name));
  return disk_->Read(PathOf(name), offset, length);
}

absl::Status LocalObjectStore::GetFile(const std::string& name,
                                       const std::string& path) {
  RETURN_IF_ERROR(CheckName(name));
  if (disk_->Link(PathOf(name), path).ok()) return absl::OkStatus();
  // No such object, another device, or something that is to be replaced.
  const absl::Status copied =
      Copy(*disk_, PathOf(name), path, /*is_synced=*/false);
  if (!copied.ok()) disk_->Remove(path).IgnoreError();
  return copied;
}

absl::Status LocalObjectStore::Delete(const std::string& name) {
  RETURN_IF_ERROR(CheckName(name));
  std::string path = PathOf(name);
  RETURN_IF_ERROR(disk_->Remove(path));
  // Up to the first folder that holds something else.
  for (path = FolderOf(path); path.size() > folder_.size();
       path = FolderOf(path)) {
    if (!disk_->Remove(path).ok()) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ObjectStore::Object>> LocalObjectStore::List(
    const std::string& prefix) {
  std::vector<Object> objects;
  const size_t slash = prefix.rfind('/');
  const std::string above =
      slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
  RETURN_IF_ERROR(ListFolder(above, prefix, objects));
  return objects;
}

absl::Status LocalObjectStore::ListFolder(const std::string& folder,
                                          const std::string& prefix,
                                          std::vector<Object>& objects) {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> entries,
                   disk_->List(PathOf(folder)));
  for (const Disk::Entry& entry : entries) {
    if (entry.name[0] == '.') continue;
    const std::string name = absl::StrCat(folder, entry.name);
    if (!absl::StartsWith(name, prefix)) continue;
    if (entry.is_directory) {
      RETURN_IF_ERROR(ListFolder(absl::StrCat(name, "/"), prefix, objects));
    } else {
      objects.push_back({.name = name, .size_bytes = entry.size_bytes});
    }
  }
  return absl::OkStatus();
}

}  // namespace millrace
