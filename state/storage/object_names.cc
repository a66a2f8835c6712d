#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/hash.h"
#include "state/storage/manifest.h"
#include "state/storage/pending_output.h"

namespace millrace {
namespace {

constexpr absl::string_view kOutput = "out";

// A number as StrCat writes it, so that no two texts are the same file.
std::optional<int64_t> Number(absl::string_view text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || absl::StrCat(number) != text) {
    return std::nullopt;
  }
  return number;
}

// Of an item that is unreadable nobody can say: whoever restores it is told.
void AddOutputFiles(absl::string_view item, std::vector<FileRef>& files) {
  const auto pieces = DecodePendingItem(item);
  if (!pieces.ok()) return;
  for (const PendingOutput& piece : *pieces) {
    files.insert(files.end(), piece.files.begin(), piece.files.end());
  }
}

}  // namespace

std::string ManifestName(absl::string_view job_id, CheckpointId checkpoint) {
  return absl::StrCat(job_id, "/chk-", checkpoint.value(), "/manifest");
}

std::string StateFileName(absl::string_view job_id, int64_t attempt,
                          CheckpointId checkpoint, absl::string_view uid,
                          int subtask, int number) {
  // A number that an int64_t holds, as CheckpointOf takes it.
  const uint64_t op = HashBytes(uid) >> 1;
  return absl::StrCat(job_id, "/shared/", attempt, "-", checkpoint.value(),
                      "-", op, "-", subtask, "-", number);
}

std::string OutputFileName(absl::string_view job_id, int64_t attempt,
                           absl::string_view sink, int subtask,
                           int64_t number) {
  return absl::StrCat(job_id, "/shared/", attempt, "-", kOutput, "-",
                      absl::Hex(HashBytes(sink)), "-", subtask, "-", number);
}

std::optional<int64_t> OutputAttemptOf(absl::string_view job_id,
                                       absl::string_view object_name) {
  if (!absl::ConsumePrefix(&object_name, job_id) ||
      !absl::ConsumePrefix(&object_name, "/shared/")) {
    return std::nullopt;
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(object_name, '-');
  if (parts.size() != 5 || parts[1] != kOutput) return std::nullopt;
  return Number(parts[0]);
}

std::optional<CheckpointId> CheckpointOf(absl::string_view job_id,
                                         absl::string_view object_name) {
  if (!absl::ConsumePrefix(&object_name, job_id)) return std::nullopt;
  std::optional<int64_t> number;
  if (absl::ConsumePrefix(&object_name, "/chk-") &&
      absl::ConsumeSuffix(&object_name, "/manifest")) {
    number = Number(object_name);
  } else if (absl::ConsumePrefix(&object_name, "/shared/")) {
    const std::vector<absl::string_view> parts =
        absl::StrSplit(object_name, '-');
    if (parts.size() != 5) return std::nullopt;
    for (const absl::string_view part : parts) {
      if (!Number(part)) return std::nullopt;
    }
    number = Number(parts[1]);
  }
  if (!number) return std::nullopt;
  return CheckpointId(*number);
}

std::vector<FileRef> FilesOf(const OperatorSnapshot& snapshot) {
  std::vector<FileRef> files;
  for (const KeyedPart& part : snapshot.parts) {
    for (const KeyedPart::File& file : part.files) {
      if (file.blob.file) files.push_back(*file.blob.file);
    }
  }
  for (const ItemList& list : snapshot.lists) {
    if (!IsPendingOutput(list)) continue;
    for (const std::string& item : list.items) AddOutputFiles(item, files);
  }
  return files;
}

std::vector<FileRef> FilesOf(const Manifest& manifest) {
  std::vector<FileRef> files;
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    for (FileRef& file : FilesOf(snapshot)) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace millrace
