#include "cli/replay_records.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/letter_file.h"

namespace millrace {
namespace {

// "dt=2024/hm=1" of "/data/t/dt=2024/hm=1/part-0".
std::string PartitionsOf(const std::string& file) {
  std::string folders;
  std::vector<absl::string_view> parts = absl::StrSplit(file, '/');
  parts.pop_back();
  for (const absl::string_view part : parts) {
    if (absl::StrContains(part, '=')) absl::StrAppend(&folders, "/", part);
  }
  return folders;
}

// Whether a file with `record` as one of its lines is read as that, in whatever
// format: JSON, and no quote is open at its end.
bool IsPlainLine(const std::string& record) {
  return absl::StartsWith(record, "{") && !absl::StrContains(record, '\n') &&
         record.back() != '\r' &&
         std::count(record.begin(), record.end(), '"') % 2 == 0;
}

}  // namespace

RecordKind KindOf(const LetterRecord& record) {
  return record.parts.message ? RecordKind::kMessages : RecordKind::kOfFiles;
}

absl::Status ReplayRecords::Add(const LetterRecord& record) {
  if (kind_ == RecordKind::kMessages) return AddMessage(record);
  const std::string folder =
      absl::StrCat(path_, PartitionsOf(record.origin.source));
  return IsPlainLine(record.origin.raw)
             ? AddLine(folder, record.origin.raw)
             : AddAlone(folder, record.origin.raw);
}

absl::StatusOr<Disk::File*> ReplayRecords::FileOf(const std::string& path) {
  auto& file = files_[path];
  if (file == nullptr) {
    RETURN_IF_ERROR(disk_.MakeDirectory(FolderOf(path)));
    folders_.insert(FolderOf(path));
    ASSIGN_OR_RETURN(file, disk_.Create(path));
  }
  return file.get();
}

absl::Status ReplayRecords::AddMessage(const LetterRecord& record) {
  std::string bytes;
  AppendLetter(record, bytes);
  ASSIGN_OR_RETURN(Disk::File* const file, FileOf(path_));
  return file->Append(bytes);
}

absl::Status ReplayRecords::AddLine(const std::string& folder,
                                    const std::string& record) {
  ASSIGN_OR_RETURN(Disk::File* const file, FileOf(folder + "/lines"));
  return file->Append(absl::StrCat(record, "\n"));
}

absl::Status ReplayRecords::AddAlone(const std::string& folder,
                                     const std::string& record) {
  RETURN_IF_ERROR(disk_.MakeDirectory(folder));
  folders_.insert(folder);
  ASSIGN_OR_RETURN(const auto file,
                   disk_.Create(absl::StrCat(folder, "/record-", ++alone_)));
  RETURN_IF_ERROR(file->Append(record));
  // A file without bytes has no record, and a '\r' at a line's end is of none.
  if (record.empty()) RETURN_IF_ERROR(file->Append("\n"));
  if (absl::EndsWith(record, "\r")) RETURN_IF_ERROR(file->Append("\r"));
  RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

absl::Status ReplayRecords::Close() {
  for (const auto& [path, file] : files_) {
    RETURN_IF_ERROR(file->Sync());
    RETURN_IF_ERROR(file->Close());
  }
  // Files have their names for good.
  for (const std::string& folder : folders_) {
    RETURN_IF_ERROR(disk_.SyncDirectory(folder));
  }
  return absl::OkStatus();
}

}  // namespace millrace
