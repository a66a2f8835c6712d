#include "connectors/filesystem/staging_area.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"

namespace millrace {

std::string StagedName::ToString() const {
  return absl::StrFormat("%d.%d.%016x.%s", attempt, begun_after, partition,
                         name);
}

std::optional<StagedName> StagedName::Parse(absl::string_view file) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(file, absl::MaxSplits('.', 3));
  StagedName parsed;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &parsed.attempt) ||
      !absl::SimpleAtoi(parts[1], &parsed.begun_after) ||
      !absl::SimpleHexAtoi(parts[2], &parsed.partition)) {
    return std::nullopt;
  }
  parsed.name = std::string(parts[3]);
  return parsed;
}

std::string StagedLock::ToString() const {
  return absl::StrCat("lock.", attempt, ".", name);
}

std::optional<StagedLock> StagedLock::Parse(absl::string_view file) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(file, absl::MaxSplits('.', 2));
  StagedLock parsed;
  if (parts.size() != 3 || parts[0] != "lock" ||
      !absl::SimpleAtoi(parts[1], &parsed.attempt)) {
    return std::nullopt;
  }
  parsed.name = std::string(parts[2]);
  return parsed;
}

bool IsOfEarlierAttempt(absl::string_view file, int64_t attempt) {
  if (const auto staged = StagedName::Parse(file)) {
    return staged->attempt < attempt;
  }
  const auto lock = StagedLock::Parse(file);
  return lock && lock->attempt < attempt;
}

std::string StagingFolder(absl::string_view path, absl::string_view job_id) {
  return absl::StrCat(path, "/.staging-", job_id);
}

absl::StatusOr<int64_t> SizeOf(Disk& disk, const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  ASSIGN_OR_RETURN(const auto entries, disk.List(FolderOf(path)));
  for (const Disk::Entry& entry : entries) {
    if (entry.name == name) return entry.size_bytes;
  }
  return -1;
}

std::string RunName(const ConnectorContext& context) {
  const int64_t now_nanos = context.clock == nullptr
                                ? 0
                                : absl::ToUnixNanos(context.clock->Now());
  return absl::StrFormat(
      "%016x", HashBytes(absl::StrCat(context.job_id, "/", context.attempt,
                                      "/", context.vertex.value(), "/",
                                      now_nanos)));
}

absl::Status Unwritable(const std::string& path, const absl::Status& status) {
  // A disk says itself what to do about its errors.
  const auto code = ErrorCode(status);
  absl::string_view why = status.message();
  if (code && absl::ConsumePrefix(&why, *code)) absl::ConsumePrefix(&why, ": ");
  return MakeError(
      status.code(),
      {.code = "SNK-0101",
       .what = absl::StrCat("cannot write '", path, "'"),
       .why = std::string(why),
       .fix = code ? ""
                   : "Check the table's option 'path', its permissions and "
                     "the space left on the device"});
}

absl::Status MakeStagingFolder(Disk& disk, const std::string& path,
                               const std::string& staging_folder) {
  for (const std::string& folder : {path, staging_folder}) {
    const absl::Status made = disk.MakeDirectory(folder);
    if (!made.ok()) return Unwritable(path, made);
  }
  return absl::OkStatus();
}

}  // namespace millrace
