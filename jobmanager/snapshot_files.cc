#include "jobmanager/snapshot_files.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "state/storage/pending_output.h"

namespace millrace {
namespace {

int64_t InlinedBytes(const OperatorSnapshot& snapshot) {
  int64_t bytes = 0;
  for (const KeyedPart& part : snapshot.parts) {
    for (const KeyedPart::File& file : part.files) {
      if (!file.blob.file) bytes += file.blob.inlined.size();
    }
  }
  for (const ItemList& list : snapshot.lists) {
    for (const std::string& item : list.items) bytes += item.size();
  }
  return bytes;
}

// Whether it is output that the attempt of `prefix` sealed: put before it was
// known which checkpoint it would be of, so its name has none.
bool IsSealedOutput(absl::string_view prefix, absl::string_view file) {
  const absl::string_view job_id = prefix.substr(0, prefix.find('/'));
  const auto attempt = OutputAttemptOf(job_id, file);
  return attempt &&
         absl::StartsWith(prefix,
                          absl::StrCat(job_id, "/shared/", *attempt, "-"));
}

}  // namespace

SnapshotFiles::SnapshotFiles(absl::string_view job_id, int64_t attempt,
                             CheckpointId checkpoint)
    : prefix_(absl::StrCat(job_id, "/shared/", attempt, "-",
                           checkpoint.value(), "-")) {}

bool SnapshotFiles::IsUpload(absl::string_view file) const {
  return absl::StartsWith(file, prefix_);
}

absl::Status SnapshotFiles::CheckBasis(
    const std::vector<OperatorSnapshot>& snapshots,
    const RetainedCheckpoints& kept) const {
  for (const OperatorSnapshot& snapshot : snapshots) {
    for (const FileRef& file : FilesOf(snapshot)) {
      if (!IsUpload(file.name) && !IsSealedOutput(prefix_, file.name) &&
          !kept.IsKept(file.name)) {
        return absl::InternalError(
            absl::StrCat("its snapshot builds on ", file.name,
                         ", a file of no checkpoint that counts"));
      }
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> SnapshotFiles::Waste(
    const std::vector<OperatorSnapshot>& snapshots,
    const RetainedCheckpoints& kept) const {
  std::vector<std::string> waste;
  for (const OperatorSnapshot& snapshot : snapshots) {
    for (const FileRef& file : FilesOf(snapshot)) {
      if (IsUpload(file.name) && !kept.IsKept(file.name)) {
        waste.push_back(file.name);
      }
    }
  }
  return waste;
}

SnapshotFiles::Size SnapshotFiles::SizeOf(
    const std::vector<OperatorSnapshot>& snapshots) const {
  Size size;
  for (const OperatorSnapshot& snapshot : snapshots) {
    const int64_t inlined = InlinedBytes(snapshot);
    size.all_bytes += inlined;
    size.written_bytes += inlined;
    for (const FileRef& file : FilesOf(snapshot)) {
      size.all_bytes += file.size_bytes;
      if (IsUpload(file.name)) size.written_bytes += file.size_bytes;
    }
  }
  return size;
}

}  // namespace millrace
