#include "state/storage/savepoint_folder.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "state/storage/local_object_store.h"
#include "state/storage/savepoint.h"

namespace millrace {
namespace {

// The files of a folder, to be read alone: it may lie where nobody may write.
class ReadOnlyFolder final : public ObjectStore {
 public:
  ReadOnlyFolder(std::string folder, Disk* disk)
      : folder_(std::move(folder)), disk_(disk) {}

  absl::StatusOr<std::string> Get(const std::string& name, int64_t offset,
                                  int64_t length) override {
    return disk_->Read(absl::StrCat(folder_, "/", name), offset, length);
  }
  absl::Status Put(const std::string&, absl::string_view) override {
    return Refused();
  }
  absl::Status PutFile(const std::string&, const std::string&) override {
    return Refused();
  }
  absl::Status GetFile(const std::string&, const std::string&) override {
    return Refused();
  }
  absl::Status Delete(const std::string&) override { return Refused(); }
  absl::StatusOr<std::vector<Object>> List(const std::string&) override {
    return Refused();
  }

 private:
  static absl::Status Refused() {
    return absl::UnimplementedError("a savepoint is read, file by file");
  }

  const std::string folder_;
  Disk* const disk_;
};

}  // namespace

absl::StatusOr<std::string> WriteSavepointFolder(const std::string& job_id,
                                                 CheckpointId checkpoint,
                                                 const std::string& target,
                                                 ObjectStore& objects,
                                                 Disk* disk) {
  const std::string path =
      absl::StrCat(target, "/savepoint-", job_id.substr(0, 6), "-",
                   checkpoint.value());
  ASSIGN_OR_RETURN(const std::string bytes,
                   objects.Get(ManifestName(job_id, checkpoint)));
  ASSIGN_OR_RETURN(const Manifest manifest, DecodeManifest(bytes));
  ASSIGN_OR_RETURN(const auto folder,
                   LocalObjectStore::Open(disk, {.folder = path}));
  RETURN_IF_ERROR(ExportSavepoint(manifest, objects, *folder));
  return path;
}

absl::StatusOr<Manifest> ReadSavepointFolder(const std::string& path,
                                             RestoreMode mode,
                                             const std::string& job_id,
                                             ObjectStore& objects,
                                             Disk* disk) {
  const auto bytes = disk->Read(path + "/manifest");
  // A disk that is away for a moment is no reason to give a job up.
  if (absl::IsUnavailable(bytes.status())) return bytes.status();
  if (!bytes.ok()) {
    return UserError({.code = "JOB-0036",
                      .what = "there is no savepoint",
                      .where = path,
                      .why = std::string(bytes.status().message()),
                      .fix = "Name the folder that `millrace savepoint` "
                             "printed."});
  }
  ASSIGN_OR_RETURN(Manifest manifest, DecodeManifest(*bytes));
  const bool is_own = manifest.job_id == job_id;
  // Before: a fork needs none of its files.
  if (mode == RestoreMode::kFork && !is_own) {
    manifest = WithoutOutput(std::move(manifest));
  }
  ReadOnlyFolder folder(path, disk);
  return ImportSavepoint(std::move(manifest), folder, objects, job_id,
                         absl::StrCat(job_id, "/shared/savepoint-"));
}

}  // namespace millrace
