#include "jobmanager/cluster/savepoint_origin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"
#include "state/storage/savepoint_folder.h"

namespace millrace {
namespace {

// Flink's tools and people write paths as URIs, too, and with a slash behind.
std::string LocalFolder(absl::string_view text) {
  absl::ConsumePrefix(&text, "file://");
  while (text.size() > 1 && absl::ConsumeSuffix(&text, "/")) {
  }
  return std::string(text);
}

}  // namespace

SavepointOrigin::SavepointOrigin(const RegisteredJob& job, ObjectStore* objects,
                                 Disk* disk,
                                 std::function<void(const std::string&)> log)
    : job_(job),
      objects_(objects),
      disk_(disk),
      log_(std::move(log)),
      folder_(LocalFolder(job.savepoint)),
      placed_(absl::StrCat(job.job_id, "/shared/savepoint-manifest")),
      identity_(job.claimed) {}

absl::StatusOr<std::shared_ptr<const Manifest>> SavepointOrigin::Read() {
  ASSIGN_OR_RETURN(
      Manifest manifest,
      ReadSavepointFolder(folder_,
                          job_.claims_savepoint ? RestoreMode::kClaim
                                                : RestoreMode::kFork,
                          job_.job_id, *objects_, disk_));
  ASSIGN_OR_RETURN(identity_, IdentityOfFolder());
  return std::make_shared<const Manifest>(std::move(manifest));
}

absl::StatusOr<std::string> SavepointOrigin::Place(
    absl::string_view manifest) {
  RETURN_IF_ERROR(objects_->Put(placed_, manifest));
  return placed_;
}

void SavepointOrigin::Drop() {
  if (std::exchange(dropped_, true)) return;
  // One that stays takes room, no more.
  objects_->Delete(placed_).IgnoreError();
  if (!job_.claims_savepoint) return;
  const absl::Status removed = RemoveClaimed();
  if (removed.ok() || !log_) return;
  log_(absl::StrCat("the savepoint ", folder_, " is that of job ",
                    job_.job_id, " now, but stays: ", removed.message()));
}

absl::Status SavepointOrigin::RemoveClaimed() {
  const auto found = IdentityOfFolder();
  if (found.ok() && identity_.empty()) {
    // Somebody may have put another one in its place since.
    return absl::FailedPreconditionError(
        "the job was submitted to an earlier version, which did not note which "
        "savepoint it claimed; if there has been no other in this folder "
        "since, it can be removed");
  }
  absl::Status removed;
  if (found.ok()) {
    if (*found == identity_) removed = disk_->Rename(folder_, Doomed());
  } else if (!absl::IsNotFound(found.status())) {
    removed = found.status();
  }
  removed.Update(RemoveTree(*disk_, Doomed()));
  return removed;
}

std::string SavepointOrigin::Doomed() const {
  return absl::StrCat(folder_, ".of-", job_.job_id);
}

absl::StatusOr<std::string> SavepointOrigin::IdentityOfFolder() const {
  ASSIGN_OR_RETURN(const std::string bytes, disk_->Read(folder_ + "/manifest"));
  ASSIGN_OR_RETURN(const Manifest manifest, DecodeManifest(bytes));
  return absl::StrCat(manifest.job_id, "/", manifest.checkpoint.value());
}

}  // namespace millrace
