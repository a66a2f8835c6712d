#include "connectors/filesystem/partition_mark.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "connectors/filesystem/staging_area.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// "mark.<checkpoint>.<partition>.<writer>"; its content is the partition's
// folder, a '\0', the success file's name.
struct WantedMark {
  std::string file;
  int64_t checkpoint = 0;
  uint64_t partition = 0;
};

std::optional<WantedMark> ParseMark(const std::string& file) {
  const std::vector<absl::string_view> parts = absl::StrSplit(file, '.');
  WantedMark mark = {.file = file};
  if (parts.size() != 4 || parts[0] != "mark" ||
      !absl::SimpleAtoi(parts[1], &mark.checkpoint) ||
      !absl::SimpleHexAtoi(parts[2], &mark.partition)) {
    return std::nullopt;
  }
  return mark;
}

absl::Status WriteSuccessFile(Disk& disk, const std::string& wanted) {
  const auto content = disk.Read(wanted);
  if (absl::IsNotFound(content.status())) {
    return absl::OkStatus();  // Another subtask was faster.
  }
  RETURN_IF_ERROR(content.status());
  const std::pair<std::string, std::string> place =
      absl::StrSplit(*content, absl::MaxSplits('\0', 1));
  RETURN_IF_ERROR(disk.MakeDirectory(place.first));
  const std::string path = absl::StrCat(place.first, "/", place.second);
  ASSIGN_OR_RETURN(const int64_t size, SizeOf(disk, path));
  if (size < 0) {
    const auto file = disk.Create(path);
    // Several may make it at once: it is empty.
    if (!file.ok() && !absl::IsAlreadyExists(file.status())) {
      return file.status();
    }
  }
  RETURN_IF_ERROR(disk.SyncDirectory(place.first));
  return disk.Remove(wanted);
}

}  // namespace

uint64_t PartitionHash(const std::string& partition_folder) {
  return HashBytes(partition_folder);
}

absl::Status WantMark(Disk& disk, const PartitionMark& mark) {
  RETURN_IF_ERROR(disk.MakeDirectory(mark.staging_folder));
  return WriteDurably(
      disk,
      absl::StrFormat("%s/mark.%d.%016x.%016x", mark.staging_folder,
                      mark.checkpoint, PartitionHash(mark.partition_folder),
                      mark.writer),
      absl::StrCat(mark.partition_folder, absl::string_view("\0", 1),
                   mark.success_file_name));
}

absl::Status SettleMarks(Disk& disk, const std::string& staging_folder) {
  ASSIGN_OR_RETURN(const auto entries, disk.List(staging_folder));
  std::vector<WantedMark> wanted;
  std::vector<StagedName> staged;
  for (const Disk::Entry& entry : entries) {
    if (auto mark = ParseMark(entry.name)) {
      wanted.push_back(*std::move(mark));
    } else if (auto part = StagedName::Parse(entry.name)) {
      staged.push_back(*std::move(part));
    }
  }
  for (const WantedMark& mark : wanted) {
    const bool is_complete = std::none_of(
        staged.begin(), staged.end(), [&](const StagedName& part) {
          return part.partition == mark.partition &&
                 part.begun_after < mark.checkpoint;
        });
    if (!is_complete) continue;
    RETURN_IF_ERROR(WriteSuccessFile(
        disk, absl::StrCat(staging_folder, "/", mark.file)));
  }
  return absl::OkStatus();
}

}  // namespace millrace
