#include "jobmanager/cluster/life_locks.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// How often the own file is made anew because somebody has taken it for a dead
// one's, between its making and its locking.
constexpr int kTries = 10;

std::string NameOf(int64_t life) { return absl::StrCat(absl::Hex(life)); }

}  // namespace

absl::StatusOr<std::unique_ptr<LifeLocks>> LifeLocks::Open(
    Disk* disk, const std::string& folder, int64_t life) {
  RETURN_IF_ERROR(disk->MakeDirectory(folder));
  std::unique_ptr<LifeLocks> locks(new LifeLocks(disk, folder));
  const std::string name = NameOf(life);
  for (int i = 0; i < kTries; ++i) {
    ASSIGN_OR_RETURN(locks->mine_, disk->Acquire(locks->PathOf(name),
                                                 Disk::IfHeld::kWait));
    ASSIGN_OR_RETURN(const bool there, locks->IsThere(name));
    if (there) return locks;
  }
  return absl::UnavailableError(
      absl::StrCat("the file ", locks->PathOf(name), " goes again and again"));
}

bool LifeLocks::IsDead(int64_t life) const {
  const std::string name = NameOf(life);
  return IsThere(name).value_or(false) && IsFree(name);
}

void LifeLocks::Sweep() {
  const auto files = disk_->List(folder_);
  if (!files.ok()) return;
  for (const Disk::Entry& file : *files) {
    const std::string path = PathOf(file.name);
    const auto lock = disk_->Acquire(path, Disk::IfHeld::kFail);
    // What stays is a name, no more.
    if (lock.ok()) disk_->Remove(path).IgnoreError();
  }
}

absl::StatusOr<bool> LifeLocks::IsThere(const std::string& name) const {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> files, disk_->List(folder_));
  return std::any_of(
      files.begin(), files.end(),
      [&](const Disk::Entry& file) { return file.name == name; });
}

bool LifeLocks::IsFree(const std::string& name) const {
  return disk_->Acquire(PathOf(name), Disk::IfHeld::kFail).ok();
}

std::string LifeLocks::PathOf(const std::string& name) const {
  return absl::StrCat(folder_, "/", name);
}

}  // namespace millrace
