#include "connectors/filesystem/last_parts.h"

#include <utility>

#include "connectors/filesystem/file_commit.h"
#include "connectors/filesystem/file_committer.h"
#include "connectors/filesystem/staging_area.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

absl::Status Show(const LastParts::Part& part, Disk& disk,
                  const std::string& folder) {
  ASSIGN_OR_RETURN(const auto copy,
                   StagedPart::CopyOf(disk, part.item, part.copy));
  if (copy != nullptr) {
    const absl::Status synced = disk.SyncDirectory(folder);
    if (!synced.ok()) return Unwritable(folder, synced);
    FileCommitter committer(&disk, folder);
    RETURN_IF_ERROR(
        committer.Commit({FileCommit{.kind = FileCommit::Kind::kPart,
                                     .from = copy->place().staging,
                                     .to = part.item.to}
                              .ToCommittable()}));
  }
  disk.Remove(part.item.from).IgnoreError();
  return absl::OkStatus();
}

}  // namespace

LastParts::LastParts(Disk* disk, Executor* background,
                     std::function<void()> wake, std::string staging_folder,
                     std::vector<Part> parts)
    : disk_(disk),
      background_(background),
      staging_folder_(std::move(staging_folder)),
      parts_(std::move(parts)),
      outcomes_(std::make_shared<Outcomes>(std::move(wake))) {}

absl::StatusOr<bool> LastParts::GoOn() {
  while (true) {
    for (const absl::Status& outcome : outcomes_->TakeAll()) {
      RETURN_IF_ERROR(outcome);
      busy_ = false;
    }
    if (busy_) return false;
    if (next_ == parts_.size()) return true;
    busy_ = true;
    background_->Post([part = parts_[next_++], disk = disk_,
                       folder = staging_folder_, outcomes = outcomes_] {
      outcomes->Post(Show(part, *disk, folder));
    });
  }
}

}  // namespace millrace
