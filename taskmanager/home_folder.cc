#include "taskmanager/home_folder.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

std::string FolderName(std::string name) {
  for (char& letter : name) {
    if (!absl::ascii_isalnum(letter) && letter != '-') letter = '_';
  }
  return name;
}

std::string LockOf(const std::string& folder) { return folder + "/lock"; }

// Removes the folders that nobody holds. What stays takes room, no more.
void RemoveDead(const std::string& root, Disk* disk) {
  const auto entries = disk->List(root);
  if (!entries.ok()) return;
  for (const Disk::Entry& entry : *entries) {
    if (!entry.is_directory) continue;
    const std::string folder = absl::StrCat(root, "/", entry.name);
    const auto lock = disk->Acquire(LockOf(folder), Disk::IfHeld::kFail);
    if (lock.ok()) RemoveTree(*disk, folder).IgnoreError();
  }
}

}  // namespace

HomeFolder::HomeFolder(std::string path, std::unique_ptr<Disk::Lock> lock,
                       Disk* disk)
    : path_(std::move(path)), disk_(disk), lock_(std::move(lock)) {}

// The root's lock is held for a try and not for the waiting: others open
// theirs.
absl::StatusOr<std::unique_ptr<HomeFolder>> HomeFolder::TryOpen(
    const std::string& root, const std::string& path, Disk* disk) {
  RETURN_IF_ERROR(disk->MakeDirectory(root));
  ASSIGN_OR_RETURN(const auto opening,
                   disk->Acquire(LockOf(root), Disk::IfHeld::kWait));
  RemoveDead(root, disk);
  RETURN_IF_ERROR(disk->MakeDirectory(path));
  auto lock = disk->Acquire(LockOf(path), Disk::IfHeld::kFail);
  if (absl::IsFailedPrecondition(lock.status())) return nullptr;
  RETURN_IF_ERROR(lock.status());
  return std::unique_ptr<HomeFolder>(
      new HomeFolder(path, *std::move(lock), disk));
}

absl::StatusOr<std::unique_ptr<HomeFolder>> HomeFolder::Open(
    const std::string& root, const std::string& name, Disk* disk,
    const Patience& patience) {
  const std::string path = absl::StrCat(root, "/", FolderName(name));
  for (int i = 1; true; ++i) {
    auto opened = TryOpen(root, path, disk);
    if (!opened.ok() || *opened != nullptr) return opened;
    if (i >= patience.tries) break;
    if (i == 1 && patience.say) {
      patience.say(absl::StrCat("waits for the TaskManager called '", name,
                                "' that still holds ", path));
    }
    if (!patience.pause()) break;
  }
  return UserError({.code = "JOB-0072",
                    .what = absl::StrCat("a TaskManager called '", name,
                                         "' is already running"),
                    .where = path,
                    .why = "another process holds its lock",
                    .fix = "Give this one a taskmanager.resource-id or a "
                           "millrace.data-dir of its own."});
}

HomeFolder::~HomeFolder() { RemoveTree(*disk_, path_).IgnoreError(); }

}  // namespace millrace
