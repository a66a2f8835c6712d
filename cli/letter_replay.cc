#include "cli/letter_replay.h"

#include <sys/stat.h>

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/dead_letter_folder.h"
#include "embedded/job_directory.h"
#include "runtime/base/error.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr char kUnderWay[] = "/.replay";
constexpr char kOfMessages[] = "messages";  // The kind, in the file "id".
constexpr char kReady[] = ".new";  // Behind that: it is yet to begin.
// Tells apart the replays of one folder, and is short enough to be read.
constexpr size_t kIdDigits = 8;

}  // namespace

LetterReplay::LetterReplay(std::string folder,
                           std::unique_ptr<Disk::Lock> lock, Disk* disk)
    : folder_(std::move(folder)),
      path_(folder_ + kUnderWay),
      lock_(std::move(lock)),
      disk_(disk) {}

absl::StatusOr<LetterReplay> LetterReplay::Open(const std::string& folder,
                                                Disk* disk) {
  auto lock = disk->Acquire(folder + "/.lock", Disk::IfHeld::kFail);
  if (absl::IsFailedPrecondition(lock.status())) {
    return UserError({.code = "CLI-0043",
                      .what = "these dead letters are being replayed",
                      .where = folder,
                      .why = "another process holds their lock",
                      .fix = "Wait until that has ended."});
  }
  RETURN_IF_ERROR(lock.status());
  return LetterReplay(folder, *std::move(lock), disk);
}

absl::StatusOr<bool> LetterReplay::IsUnderWay() {
  ASSIGN_OR_RETURN(const auto entries, disk_->List(path_));
  if (entries.empty()) return false;
  for (const Disk::Entry& entry : entries) {
    if (entry.name == "id") return true;
  }
  return UserError({.code = "CLI-0045",
                    .what = "the replay under way cannot be gone on with",
                    .where = path_,
                    .why = "it was begun by another version",
                    .fix = "Look in the script's output whether it was "
                           "written; then move the files part-* into the "
                           "folder above, remove this one, and replay anew."});
}

absl::Status LetterReplay::CheckOneKind(
    const std::map<RecordKind, std::string>& file_of_kind) const {
  if (file_of_kind.size() < 2) return absl::OkStatus();
  return UserError(
      {.code = "CLI-0042",
       .what = "these dead letters cannot be replayed at once",
       .where = folder_,
       .why = absl::StrCat("there are records of a topic, as in ",
                           file_of_kind.at(RecordKind::kMessages),
                           ", and of files, as in ",
                           file_of_kind.at(RecordKind::kOfFiles)),
       .fix = "Move the files of one kind into another folder beside this one, "
              "and replay each with a script that reads its kind."});
}

absl::Status LetterReplay::CheckAnyRecord(const Count& count) const {
  if (count.records > 0) return absl::OkStatus();
  return UserError(
      {.code = "CLI-0042",
       .what = "none of these dead letters can be replayed",
       .where = folder_,
       .why = absl::StrCat(
           count.rows, " are rows on which an expression failed or which a "
                       "sink refused, and ",
           count.cut, " have only the beginning of a record that is too long"),
       .fix = "Mend what refused them, and write them by a script of your own: "
              "`millrace dlq show` prints what they hold."});
}

absl::StatusOr<bool> LetterReplay::Prepare() {
  ASSIGN_OR_RETURN(under_way_, IsUnderWay());
  if (under_way_) return true;
  ASSIGN_OR_RETURN(const auto files, DeadLetterFiles(folder_, disk_));
  if (files.empty()) return false;
  const std::string ready = path_ + kReady;
  RETURN_IF_ERROR(RemoveTree(*disk_, ready));
  RETURN_IF_ERROR(disk_->MakeDirectory(ready));
  RETURN_IF_ERROR(
      Write(ready, std::set<std::string>(files.begin(), files.end())));
  return true;
}

absl::Status LetterReplay::Begin() {
  if (!under_way_) {
    RETURN_IF_ERROR(disk_->Rename(path_ + kReady, path_));
    RETURN_IF_ERROR(disk_->SyncDirectory(folder_));
    under_way_ = true;
  }
  RETURN_IF_ERROR(Failpoint("dlq.replay.begun"));
  return ReadBegun();
}

absl::Status LetterReplay::Write(const std::string& path,
                                 const std::set<std::string>& files) const {
  // The first file with records of each.
  std::map<RecordKind, std::string> file_of_kind;
  Count count;
  std::unique_ptr<ReplayRecords> records;
  for (const std::string& name : files) {
    ASSIGN_OR_RETURN(
        const std::vector<DeadLetter> letters,
        ReadDeadLetters(absl::StrCat(folder_, "/", name), disk_));
    for (const DeadLetter& letter : letters) {
      count.rows += !letter.record;
      count.cut += letter.record && letter.record->parts.cut;
      if (!letter.record || letter.record->parts.cut) continue;
      const RecordKind kind = KindOf(*letter.record);
      file_of_kind.try_emplace(kind, name);
      RETURN_IF_ERROR(CheckOneKind(file_of_kind));
      if (records == nullptr) {
        records = std::make_unique<ReplayRecords>(path + "/records", kind,
                                                  disk_);
      }
      RETURN_IF_ERROR(records->Add(*letter.record));
      ++count.records;
    }
  }
  RETURN_IF_ERROR(CheckAnyRecord(count));
  RETURN_IF_ERROR(records->Close());
  RETURN_IF_ERROR(WriteDurably(*disk_, absl::StrCat(path, kBegunWith),
                               BegunWithText(files)));
  const bool of_messages = file_of_kind.contains(RecordKind::kMessages);
  return WriteDurably(
      *disk_, path + "/id",
      absl::StrCat(NewJobId().substr(0, kIdDigits), " ",
                   of_messages ? kOfMessages : "files", " ", count.records,
                   " ", count.rows, " ", count.cut));
}

absl::Status LetterReplay::ReadBegun() {
  ASSIGN_OR_RETURN(const std::string text, disk_->Read(path_ + "/id"));
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  if (words.size() != 5 || !absl::SimpleAtoi(words[2], &count_.records) ||
      !absl::SimpleAtoi(words[3], &count_.rows) ||
      !absl::SimpleAtoi(words[4], &count_.cut)) {
    return UserError({.code = "CLI-0045",
                      .what = "the replay under way cannot be gone on with",
                      .where = path_ + "/id",
                      .why = "what it says is damaged",
                      .fix = "Look in the script's output whether it was "
                             "written; then remove the folder of this file, "
                             "and replay anew."});
  }
  id_ = words[0];
  kind_ =
      words[1] == kOfMessages ? RecordKind::kMessages : RecordKind::kOfFiles;
  return absl::OkStatus();
}

absl::Status LetterReplay::WritePlan(const std::string& json) {
  // No other thread makes files now: the job is yet to be started.
  const mode_t before = umask(S_IRWXG | S_IRWXO);
  const absl::Status written = WriteDurably(*disk_, plan_path(), json);
  umask(before);
  return written;
}

absl::StatusOr<std::string> LetterReplay::End() {
  RETURN_IF_ERROR(Failpoint("dlq.replay.ended"));
  const std::string ended = EndedReplays(folder_);
  const std::string kept = absl::StrCat(ended, "/", id_);
  RETURN_IF_ERROR(disk_->MakeDirectory(ended));
  // It has the table's options, and so perhaps secrets.
  RETURN_IF_ERROR(disk_->Remove(plan_path()));
  RETURN_IF_ERROR(disk_->Rename(path_, kept));
  RETURN_IF_ERROR(disk_->SyncDirectory(ended));
  RETURN_IF_ERROR(disk_->SyncDirectory(folder_));
  RETURN_IF_ERROR(Failpoint("dlq.replay.closed"));
  return kept;
}

}  // namespace millrace
