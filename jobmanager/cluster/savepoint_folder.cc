#include "jobmanager/cluster/savepoint_folder.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "state/storage/local_object_store.h"
#include "state/storage/savepoint.h"

namespace millrace {
namespace {

// Flink's tools and people write paths as URIs, too.
std::string PathOf(absl::string_view text) {
  absl::ConsumePrefix(&text, "file://");
  return std::string(text);
}

}  // namespace

absl::StatusOr<std::string> WriteSavepointFolder(const std::string& job_id,
                                                 CheckpointId checkpoint,
                                                 const std::string& target,
                                                 ObjectStore& objects,
                                                 Disk* disk) {
  const std::string path =
      absl::StrCat(PathOf(target), "/savepoint-", job_id.substr(0, 6), "-",
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
                                             const std::string& job_id,
                                             ObjectStore& objects,
                                             Disk* disk) {
  const std::string folder_path = PathOf(path);
  const auto found = disk->Read(folder_path + "/manifest");
  if (!found.ok()) {
    return UserError({.code = "JOB-0036",
                      .what = "there is no savepoint",
                      .where = folder_path,
                      .why = std::string(found.status().message()),
                      .fix = "Name the folder that `millrace savepoint` "
                             "printed."});
  }
  ASSIGN_OR_RETURN(const auto folder,
                   LocalObjectStore::Open(disk, {.folder = folder_path}));
  ASSIGN_OR_RETURN(const Manifest original, DecodeManifest(*found));
  ASSIGN_OR_RETURN(
      Manifest imported,
      ImportSavepoint(*folder, objects, job_id,
                      absl::StrCat(job_id, "/shared/savepoint-")));
  return original.job_id == job_id ? std::move(imported)
                                   : WithoutOutput(std::move(imported));
}

}  // namespace millrace
