#include "tests/sim/storage/sim_disk.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

class SimDisk::OpenFile final : public Disk::File {
 public:
  OpenFile(SimDisk* disk, int64_t process, std::string path, NodePtr node)
      : disk_(disk),
        process_(process),
        path_(std::move(path)),
        node_(std::move(node)) {}

  absl::Status Append(absl::string_view bytes) override {
    VisibleMutexLock lock(&disk_->mutex_);
    RETURN_IF_ERROR(CheckAlive());
    return disk_->Append(*node_, path_, bytes);
  }
  absl::Status Sync() override {
    VisibleMutexLock lock(&disk_->mutex_);
    RETURN_IF_ERROR(CheckAlive());
    return disk_->Sync(*node_, path_);
  }
  absl::Status Close() override {
    VisibleMutexLock lock(&disk_->mutex_);
    RETURN_IF_ERROR(CheckAlive());
    return disk_->BeginChange(path_);
  }

 private:
  absl::Status CheckAlive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(disk_->mutex_) {
    if (process_ == disk_->process_) return absl::OkStatus();
    return absl::UnavailableError(path_ + " belongs to a dead process");
  }

  SimDisk* const disk_;
  const int64_t process_;
  const std::string path_;
  const NodePtr node_;
};

class SimDisk::HeldLock final : public Disk::Lock {
 public:
  HeldLock(SimDisk* disk, int64_t process, std::string path)
      : disk_(disk), process_(process), path_(std::move(path)) {}
  ~HeldLock() override {
    VisibleMutexLock lock(&disk_->mutex_);
    // One that came after a kill is not this one's.
    const auto held = disk_->locks_.find(path_);
    if (held != disk_->locks_.end() && held->second == process_) {
      disk_->locks_.erase(held);
    }
  }

 private:
  SimDisk* const disk_;
  const int64_t process_;
  const std::string path_;
};

SimDisk::SimDisk(uint64_t seed)
    : rng_(seed), root_(std::make_shared<Node>()) {
  root_->is_directory = true;
}

SimDisk::~SimDisk() = default;

absl::StatusOr<SimDisk::Place> SimDisk::Find(const std::string& path) {
  Place place = {.folder = root_, .node = root_};
  for (absl::string_view part :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (place.node == nullptr) {
      return absl::NotFoundError(absl::StrCat("no folder above ", path));
    }
    if (!place.node->is_directory) {
      return absl::FailedPreconditionError(
          absl::StrCat("a part is a file: ", path));
    }
    place.folder = place.node;
    place.name = std::string(part);
    const auto found = place.folder->names.find(place.name);
    place.node =
        found == place.folder->names.end() ? nullptr : found->second;
  }
  return place;
}

absl::StatusOr<SimDisk::NodePtr> SimDisk::FindNode(const std::string& path,
                                                   bool is_directory) {
  ASSIGN_OR_RETURN(const Place place, Find(path));
  if (place.node == nullptr) return absl::NotFoundError("no " + path);
  if (place.node->is_directory != is_directory) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, is_directory ? " is a file" : " is a folder"));
  }
  return place.node;
}

absl::StatusOr<std::unique_ptr<Disk::File>> SimDisk::Create(
    const std::string& path) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(BeginChange(path));
  ASSIGN_OR_RETURN(const Place place, Find(path));
  if (place.node != nullptr && place.node->is_directory) {
    return absl::FailedPreconditionError(path + " is a folder");
  }
  const auto node = std::make_shared<Node>();
  place.folder->names[place.name] = node;
  return std::make_unique<OpenFile>(this, process_, path, node);
}

absl::StatusOr<std::string> SimDisk::Read(const std::string& path,
                                          int64_t offset, int64_t length) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(MaybeFail(path));
  ASSIGN_OR_RETURN(const NodePtr node, FindNode(path, false));
  if (offset >= static_cast<int64_t>(node->bytes.size())) return std::string();
  return node->bytes.substr(offset, length);
}

absl::Status SimDisk::Rename(const std::string& from, const std::string& to) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(BeginChange(to));
  ASSIGN_OR_RETURN(const Place source, Find(from));
  if (source.node == nullptr) return absl::NotFoundError("no " + from);
  ASSIGN_OR_RETURN(const Place target, Find(to));
  if (target.node != nullptr &&
      (target.node->is_directory || source.node->is_directory)) {
    return absl::FailedPreconditionError(to + " is in the way");
  }
  source.folder->names.erase(source.name);
  target.folder->names[target.name] = source.node;
  return absl::OkStatus();
}

absl::Status SimDisk::Link(const std::string& from, const std::string& to) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(BeginChange(to));
  ASSIGN_OR_RETURN(const NodePtr node, FindNode(from, false));
  ASSIGN_OR_RETURN(const Place target, Find(to));
  if (target.node != nullptr) return absl::AlreadyExistsError(to);
  target.folder->names[target.name] = node;
  return absl::OkStatus();
}

absl::Status SimDisk::Remove(const std::string& path) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(BeginChange(path));
  const auto place = Find(path);
  if (!place.ok() || place->node == nullptr) return absl::OkStatus();
  if (!place->node->names.empty() || place->node == root_) {
    return absl::FailedPreconditionError(path + " is not empty");
  }
  place->folder->names.erase(place->name);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Disk::Entry>> SimDisk::List(
    const std::string& directory) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(MaybeFail(directory));
  std::vector<Entry> entries;
  const auto folder = FindNode(directory, true);
  if (absl::IsNotFound(folder.status())) return entries;
  if (!folder.ok()) return folder.status();
  for (const auto& [name, node] : (*folder)->names) {
    entries.push_back({.name = name,
                       .size_bytes = static_cast<int64_t>(node->bytes.size()),
                       .is_directory = node->is_directory});
  }
  return entries;
}

absl::Status SimDisk::MakeDirectory(const std::string& path) {
  VisibleMutexLock lock(&mutex_);
  std::string above;
  for (absl::string_view part :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    absl::StrAppend(&above, "/", part);
    RETURN_IF_ERROR(MakeOneDirectory(above));
  }
  return absl::OkStatus();
}

// In two steps, as real ones are: the machine may stop between them.
absl::Status SimDisk::MakeOneDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(Place place, Find(path));
  if (place.node != nullptr && !place.node->is_directory) {
    return absl::FailedPreconditionError(path + " is a file");
  }
  if (place.node == nullptr) {
    RETURN_IF_ERROR(BeginChange(path));
    place.node = std::make_shared<Node>();
    place.node->is_directory = true;
    place.folder->names[place.name] = place.node;
  }
  const auto synced = place.folder->synced_names.find(place.name);
  if (synced != place.folder->synced_names.end() &&
      synced->second == place.node) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(BeginChange(path));
  place.folder->synced_names = place.folder->names;
  return absl::OkStatus();
}

absl::Status SimDisk::SyncDirectory(const std::string& path) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(BeginChange(path));
  ASSIGN_OR_RETURN(const NodePtr folder, FindNode(path, true));
  folder->synced_names = folder->names;
  return absl::OkStatus();
}

absl::Status SimDisk::SyncFile(const std::string& path) {
  VisibleMutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const NodePtr node, FindNode(path, false));
  return Sync(*node, path);
}

absl::StatusOr<std::unique_ptr<Disk::Lock>> SimDisk::Acquire(
    const std::string& path, IfHeld if_held) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(BeginChange(path));
  ASSIGN_OR_RETURN(const Place place, Find(path));
  if (place.node == nullptr) {
    place.folder->names[place.name] = std::make_shared<Node>();
  }
  if (if_held == IfHeld::kFail && locks_.contains(path)) {
    return absl::FailedPreconditionError(path + " is locked by another");
  }
  const auto is_free = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    SeeLocked(&mutex_);
    const bool is = !locks_.contains(path);
    SeeUnlocking(&mutex_);
    return is;
  };
  SeeUnlocking(&mutex_);
  mutex_.Await(absl::Condition(&is_free));
  SeeLocked(&mutex_);
  locks_[path] = process_;
  return std::make_unique<HeldLock>(this, process_, path);
}

}  // namespace millrace
