#include "jobmanager/cluster/life_locks.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// How often the own file is made anew because somebody has taken it for a dead
// one's, between its making and its locking.
constexpr int kTries = 10;

}  // namespace

LifeLocks::LifeLocks(Disk* disk, std::string folder, absl::string_view host)
    : disk_(disk),
      folder_(std::move(folder)),
      ending_(host.empty() ? "" : absl::StrCat(".", host)) {}

absl::StatusOr<std::unique_ptr<LifeLocks>> LifeLocks::Open(
    Disk* disk, const std::string& folder, absl::string_view host,
    int64_t life) {
  RETURN_IF_ERROR(disk->MakeDirectory(folder));
  std::unique_ptr<LifeLocks> locks(new LifeLocks(disk, folder, host));
  const std::string name = locks->NameOf(life);
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
  return !ending_.empty() && IsThere(name).value_or(false) && IsFree(name);
}

absl::Status LifeLocks::Sweep(
    const std::function<absl::Status(const std::set<int64_t>& dead)>& remove) {
  if (ending_.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> files, disk_->List(folder_));
  std::set<int64_t> dead;
  // Until their files are gone, lest somebody who has just made one locks it.
  std::vector<std::unique_ptr<Disk::Lock>> locks;
  for (const Disk::Entry& file : files) {
    absl::string_view number = file.name;
    int64_t life = 0;
    if (!absl::ConsumeSuffix(&number, ending_) ||
        !absl::SimpleHexAtoi(number, &life)) {
      continue;
    }
    auto lock = disk_->Acquire(PathOf(file.name), Disk::IfHeld::kFail);
    if (!lock.ok()) continue;
    dead.insert(life);
    locks.push_back(*std::move(lock));
  }
  RETURN_IF_ERROR(remove(dead));
  for (const int64_t life : dead) {
    // What stays is a name, no more.
    disk_->Remove(PathOf(NameOf(life))).IgnoreError();
  }
  return absl::OkStatus();
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

std::string LifeLocks::NameOf(int64_t life) const {
  return absl::StrCat(absl::Hex(life), ending_);
}

std::string LifeLocks::PathOf(const std::string& name) const {
  return absl::StrCat(folder_, "/", name);
}

}  // namespace millrace
