#include "cli/dlq_command.h"

#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/dead_letter_file.h"
#include "cli/exit_status.h"
#include "cli/replay_plan.h"
#include "cli/run_command.h"
#include "runtime/base/error.h"
#include "runtime/base/posix_disk.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Within a folder of letters; names with a dot are no part files.
constexpr char kReplay[] = "/.replay";      // Being replayed.
constexpr char kReplayed[] = "/.replayed";  // Were.

absl::StatusOr<std::vector<DeadLetterFolder>> Folders(
    const DlqArguments& dlq, const JobArguments& arguments, Disk* disk) {
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  const std::string root = ConfigValue(config, "millrace.data-dir");
  ASSIGN_OR_RETURN(std::vector<DeadLetterFolder> folders,
                   FindDeadLetters(root, disk));
  std::vector<std::string> names;
  for (const DeadLetterFolder& folder : folders) {
    names.push_back(absl::StrCat(folder.job, " ", folder.table));
  }
  std::erase_if(folders, [&](const DeadLetterFolder& folder) {
    return !absl::StartsWith(folder.job, dlq.job) ||
           (!dlq.table.empty() && folder.table != dlq.table);
  });
  if (!folders.empty() || (dlq.job.empty() && dlq.table.empty())) {
    return folders;
  }
  return UserError(
      {.code = "CLI-0040",
       .what = absl::StrCat("there are no dead letters of '", dlq.job,
                            dlq.table.empty() ? "" : " ", dlq.table, "'"),
       .where = root,
       .why = {},
       .fix = names.empty() ? "Name another folder with -D "
                              "millrace.data-dir=DIR."
                            : absl::StrCat("There are: ",
                                           absl::StrJoin(names, ", "))});
}

absl::StatusOr<std::vector<DeadLetter>> LettersOf(
    const DeadLetterFolder& folder, Disk* disk) {
  ASSIGN_OR_RETURN(const std::vector<std::string> files,
                   DeadLetterFiles(folder.path, disk));
  return ReadDeadLetters(folder.path, files, disk);
}

absl::Status PrintFolder(const DeadLetterFolder& folder, Disk* disk) {
  ASSIGN_OR_RETURN(const std::vector<DeadLetter> letters,
                   LettersOf(folder, disk));
  if (letters.empty()) return absl::OkStatus();
  std::map<std::string, int64_t> codes;
  std::string first = letters[0].time;
  std::string last = first;
  for (const DeadLetter& letter : letters) {
    ++codes[letter.code];
    first = std::min(first, letter.time);
    last = std::max(last, letter.time);
  }
  std::printf("%s %s: %zu (%s), %s to %s\n", folder.job.c_str(),
              folder.table.c_str(), letters.size(),
              absl::StrJoin(codes, ", ", absl::PairFormatter(" ")).c_str(),
              first.c_str(), last.c_str());
  return absl::OkStatus();
}

absl::Status Show(const DlqArguments& dlq, const JobArguments& arguments,
                  Disk* disk) {
  ASSIGN_OR_RETURN(const auto folders, Folders(dlq, arguments, disk));
  for (const DeadLetterFolder& folder : folders) {
    ASSIGN_OR_RETURN(const auto letters, LettersOf(folder, disk));
    for (const DeadLetter& letter : letters) {
      if (!dlq.code.empty() && letter.code != dlq.code) continue;
      std::printf("%s\n", letter.line.c_str());
    }
  }
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& path, const std::string& text,
                       Disk* disk) {
  ASSIGN_OR_RETURN(auto file, disk->Create(path + ".new"));
  RETURN_IF_ERROR(file->Append(text));
  RETURN_IF_ERROR(file->Sync());
  RETURN_IF_ERROR(file->Close());
  return disk->Rename(path + ".new", path);
}

// Sets the letters there are aside, for this replay alone; those of one that
// was cut short stay the ones that it began with.
absl::Status TakeLetters(const DeadLetterFolder& folder, Disk* disk) {
  const std::string replay = folder.path + kReplay;
  ASSIGN_OR_RETURN(const auto entries, disk->List(replay));
  for (const Disk::Entry& entry : entries) {
    if (entry.name == "records") return absl::OkStatus();
  }
  RETURN_IF_ERROR(disk->MakeDirectory(replay));
  ASSIGN_OR_RETURN(const std::vector<std::string> files,
                   DeadLetterFiles(folder.path, disk));
  for (const std::string& name : files) {
    RETURN_IF_ERROR(disk->Rename(absl::StrCat(folder.path, "/", name),
                                 absl::StrCat(replay, "/", name)));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> taken,
                   DeadLetterFiles(replay, disk));
  ASSIGN_OR_RETURN(const std::vector<DeadLetter> letters,
                   ReadDeadLetters(replay, taken, disk));
  std::string records;
  for (const DeadLetter& letter : letters) {
    if (!letter.raw) continue;
    std::string record = *letter.raw;
    // A file has a record a line; in JSON a line's end is but a space.
    for (char& c : record) {
      if (c == '\n' || c == '\r') c = ' ';
    }
    absl::StrAppend(&records, record, "\n");
  }
  return WriteFile(replay + "/records", records, disk);
}

absl::StatusOr<int> Replay(const DlqArguments& dlq,
                           const JobArguments& arguments, Disk* disk) {
  ASSIGN_OR_RETURN(const auto folders, Folders(dlq, arguments, disk));
  if (folders.size() != 1) {
    return UserError({.code = "CLI-0041",
                      .what = absl::StrCat("several jobs are called '",
                                           dlq.job, "'"),
                      .where = "the command line",
                      .why = "one table of one job is replayed at a time",
                      .fix = "Name the job in full."});
  }
  const DeadLetterFolder& folder = folders[0];
  JobArguments job = arguments;
  job.file = dlq.script;
  const std::string replay =
      std::filesystem::absolute(folder.path + kReplay).string();
  ASSIGN_OR_RETURN(
      const std::string plan,
      PlanReplay(job, {.table = folder.table,
                       .records = replay + "/records",
                       .name = absl::StrCat(folder.job, "-replay-",
                                            folder.table)}));
  RETURN_IF_ERROR(TakeLetters(folder, disk));
  RETURN_IF_ERROR(WriteFile(replay + "/plan.json", plan, disk));
  job.file = replay + "/plan.json";
  const int status = RunCommand(job);
  if (status != kExitDone) return status;
  const std::string replayed = folder.path + kReplayed;
  RETURN_IF_ERROR(disk->MakeDirectory(replayed));
  ASSIGN_OR_RETURN(const std::vector<std::string> files,
                   DeadLetterFiles(replay, disk));
  // The records first: with them gone, nothing is replayed again.
  RETURN_IF_ERROR(disk->Remove(replay + "/records"));
  for (const std::string& name : files) {
    RETURN_IF_ERROR(disk->Rename(absl::StrCat(replay, "/", name),
                                 absl::StrCat(replayed, "/", name)));
  }
  RETURN_IF_ERROR(disk->Remove(replay + "/plan.json"));
  RETURN_IF_ERROR(disk->Remove(replay));
  std::printf("Replayed; the letters are kept in %s\n", replayed.c_str());
  return kExitDone;
}

}  // namespace

int DlqListCommand(const DlqArguments& dlq, const JobArguments& arguments) {
  PosixDisk disk;
  const auto folders = Folders(dlq, arguments, &disk);
  if (!folders.ok()) return ReportBadInput(folders.status());
  for (const DeadLetterFolder& folder : *folders) {
    const absl::Status printed = PrintFolder(folder, &disk);
    if (!printed.ok()) return ReportBadInput(printed);
  }
  return kExitDone;
}

int DlqShowCommand(const DlqArguments& dlq, const JobArguments& arguments) {
  PosixDisk disk;
  const absl::Status shown = Show(dlq, arguments, &disk);
  return shown.ok() ? kExitDone : ReportBadInput(shown);
}

int DlqReplayCommand(const DlqArguments& dlq, const JobArguments& arguments) {
  PosixDisk disk;
  const absl::StatusOr<int> status = Replay(dlq, arguments, &disk);
  return status.ok() ? *status : ReportBadInput(status.status());
}

}  // namespace millrace
