#include "tests/sim/gated_stores.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace::sim {
namespace {

absl::Status IfAlive(const ProcessRef& process) {
  return process->alive ? absl::OkStatus()
                        : absl::UnavailableError("the process is dead");
}

}  // namespace

absl::Status GatedObjectStore::Put(
    const std::string& name, absl::string_view bytes) {
  RETURN_IF_ERROR(IfAlive(process_));
  const absl::Status put = store_->Put(name, bytes);
  scheduler_->Trace(absl::StrCat("put ", name, " ", put.ToString()));
  return put;
}

absl::Status GatedObjectStore::PutFile(
    const std::string& name, const std::string& path) {
  RETURN_IF_ERROR(IfAlive(process_));
  return store_->PutFile(name, path);
}

absl::StatusOr<std::string> GatedObjectStore::Get(
    const std::string& name, int64_t offset, int64_t length) {
  RETURN_IF_ERROR(IfAlive(process_));
  return store_->Get(name, offset, length);
}

absl::Status GatedObjectStore::GetFile(
    const std::string& name, const std::string& path) {
  RETURN_IF_ERROR(IfAlive(process_));
  return store_->GetFile(name, path);
}

absl::Status GatedObjectStore::Delete(const std::string& name) {
  RETURN_IF_ERROR(IfAlive(process_));
  const absl::Status deleted = store_->Delete(name);
  scheduler_->Trace(absl::StrCat("delete ", name, " ", deleted.ToString()));
  return deleted;
}

absl::StatusOr<std::vector<ObjectStore::Object>> GatedObjectStore::List(
    const std::string& prefix) {
  RETURN_IF_ERROR(IfAlive(process_));
  return store_->List(prefix);
}

absl::StatusOr<std::optional<HaStore::Record>> GatedHaStore::Read(
    const std::string& name) {
  RETURN_IF_ERROR(IfAlive(process_));
  return store_->Read(name);
}

absl::StatusOr<int64_t> GatedHaStore::CompareAndSwap(
    const std::string& name, int64_t expected, absl::string_view value) {
  RETURN_IF_ERROR(IfAlive(process_));
  return store_->CompareAndSwap(name, expected, value);
}

absl::Status GatedHaStore::CompareAndDelete(
    const std::string& name, int64_t expected) {
  RETURN_IF_ERROR(IfAlive(process_));
  return store_->CompareAndDelete(name, expected);
}

// An open file, whose writer may die.
class GatedDisk::GatedFile final : public Disk::File {
 public:
  GatedFile(ProcessRef process, std::unique_ptr<File> file)
      : process_(std::move(process)), file_(std::move(file)) {}

  absl::Status Append(absl::string_view bytes) override {
    RETURN_IF_ERROR(IfAlive(process_));
    return file_->Append(bytes);
  }
  absl::Status Sync() override {
    RETURN_IF_ERROR(IfAlive(process_));
    return file_->Sync();
  }
  absl::Status Close() override {
    RETURN_IF_ERROR(IfAlive(process_));
    return file_->Close();
  }

 private:
  const ProcessRef process_;
  const std::unique_ptr<File> file_;
};

absl::StatusOr<std::unique_ptr<Disk::File>> GatedDisk::Create(
    const std::string& path) {
  RETURN_IF_ERROR(IfAlive(process_));
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk_->Create(path));
  return std::make_unique<GatedFile>(process_, std::move(file));
}

absl::StatusOr<std::string> GatedDisk::Read(
    const std::string& path, int64_t offset, int64_t length) {
  RETURN_IF_ERROR(IfAlive(process_));
  return disk_->Read(path, offset, length);
}

absl::Status GatedDisk::Rename(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(IfAlive(process_));
  const absl::Status renamed = disk_->Rename(from, to);
  scheduler_->Trace(absl::StrCat("rename to ", to, " ", renamed.ToString()));
  return renamed;
}

absl::Status GatedDisk::Link(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(IfAlive(process_));
  return disk_->Link(from, to);
}

absl::Status GatedDisk::Remove(const std::string& path) {
  RETURN_IF_ERROR(IfAlive(process_));
  const absl::Status removed = disk_->Remove(path);
  if (removed.ok()) scheduler_->Trace(absl::StrCat("remove ", path));
  return removed;
}

absl::StatusOr<std::vector<Disk::Entry>> GatedDisk::List(
    const std::string& directory) {
  RETURN_IF_ERROR(IfAlive(process_));
  return disk_->List(directory);
}

absl::Status GatedDisk::MakeDirectory(const std::string& path) {
  RETURN_IF_ERROR(IfAlive(process_));
  return disk_->MakeDirectory(path);
}

absl::Status GatedDisk::SyncDirectory(const std::string& path) {
  RETURN_IF_ERROR(IfAlive(process_));
  return disk_->SyncDirectory(path);
}

absl::Status GatedDisk::SyncFile(const std::string& path) {
  RETURN_IF_ERROR(IfAlive(process_));
  return disk_->SyncFile(path);
}

absl::StatusOr<std::unique_ptr<Disk::Lock>> GatedDisk::Acquire(
    const std::string& path, IfHeld if_held) {
  RETURN_IF_ERROR(IfAlive(process_));
  return disk_->Acquire(path, if_held);
}

}  // namespace millrace::sim
