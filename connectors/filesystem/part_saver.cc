#include "connectors/filesystem/part_saver.h"

#include <utility>

#include "connectors/filesystem/staging_area.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

absl::Status Save(const PartSaver::Parts& parts, bool close, Disk& disk,
                  const std::string& folder) {
  for (const std::shared_ptr<StagedPart>& part : parts) {
    RETURN_IF_ERROR(close ? part->Close() : part->Persist());
  }
  const absl::Status synced = disk.SyncDirectory(folder);
  return synced.ok() ? synced : Unwritable(folder, synced);
}

}  // namespace

PartSaver::PartSaver(Disk* disk, Executor* background,
                     std::function<void()> wake, std::string staging_folder)
    : disk_(disk),
      background_(background),
      staging_folder_(std::move(staging_folder)),
      outcomes_(std::make_shared<Outcomes>(std::move(wake))) {}

void PartSaver::Post(Parts parts, bool close) {
  away_count_ += parts.size();
  background_->Post([parts = std::move(parts), close, disk = disk_,
                     folder = staging_folder_, outcomes = outcomes_] {
    absl::Status status = Save(parts, close, *disk, folder);
    outcomes->Post({std::move(status), parts});
  });
}

absl::StatusOr<PartSaver::Parts> PartSaver::Take() {
  Parts parts;
  if (away_count_ == 0) return parts;
  for (Outcome& outcome : outcomes_->TakeAll()) {
    RETURN_IF_ERROR(outcome.status);
    away_count_ -= outcome.parts.size();
    parts.insert(parts.end(), outcome.parts.begin(), outcome.parts.end());
  }
  return parts;
}

}  // namespace millrace
