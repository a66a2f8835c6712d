#include "state/storage/writing_folder.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace {

WritingFolder::WritingFolder(Disk* disk, std::string all,
                             absl::string_view writer)
    : disk_(disk),
      all_(std::move(all)),
      mine_(absl::StrCat(all_, "/", writer)) {}

absl::StatusOr<std::unique_ptr<WritingFolder>> WritingFolder::Open(
    Disk* disk, const std::string& folder, absl::string_view writer) {
  std::unique_ptr<WritingFolder> opened(
      new WritingFolder(disk, absl::StrCat(folder, "/.writing"), writer));
  RETURN_IF_ERROR(RemoveTree(*disk, opened->mine_));
  RETURN_IF_ERROR(disk->MakeDirectory(opened->mine_));
  return opened;
}

std::string WritingFolder::NextPath() {
  return absl::StrCat(mine_, "/", numbers_.Next());
}

absl::StatusOr<std::string> WritingFolder::Write(absl::string_view bytes) {
  std::string path = NextPath();
  const absl::Status written = WriteSynced(*disk_, path, bytes);
  if (written.ok()) return path;
  disk_->Remove(path).IgnoreError();
  return written;
}

absl::Status WritingFolder::SweepWriters(
    const std::function<bool(absl::string_view writer)>& is_alive) {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> writers, disk_->List(all_));
  for (const Disk::Entry& writer : writers) {
    const std::string folder = absl::StrCat(all_, "/", writer.name);
    if (folder == mine_ || is_alive(writer.name)) continue;
    RETURN_IF_ERROR(RemoveTree(*disk_, folder));
  }
  return absl::OkStatus();
}

}  // namespace millrace
