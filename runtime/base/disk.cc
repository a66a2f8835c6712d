#include "runtime/base/disk.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace {
absl::Status WriteSynced(Disk& disk, const std::string& path,
                         absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto file, disk.Create(path));
  RETURN_IF_ERROR(file->Append(bytes));
  RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

std::string FolderOf(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = path.rfind('/', end);
  if (end == std::string::npos || slash == 0) return "/";
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

absl::Status WriteDurably(Disk& disk, const std::string& path,
                          absl::string_view bytes) {
  const std::string beside = absl::StrCat(path, ".new");
  absl::Status written = WriteSynced(disk, beside, bytes);
  if (written.ok()) written = disk.Rename(beside, path);
  if (!written.ok()) {
    disk.Remove(beside).IgnoreError();
    return written;
  }
  return disk.SyncDirectory(FolderOf(path));
}

absl::Status RemoveTree(Disk& disk, const std::string& path) {
  if (disk.Remove(path).ok()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> entries, disk.List(path));
  for (const Disk::Entry& entry : entries) {
    const std::string inside = absl::StrCat(path, "/", entry.name);
    RETURN_IF_ERROR(entry.is_directory ? RemoveTree(disk, inside)
                                       : disk.Remove(inside));
  }
  return disk.Remove(path);
}

}  // namespace millrace
