#include "cli/dlq_command.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/dead_letter_folder.h"
#include "cli/dlq_replay.h"
#include "cli/exit_status.h"
#include "runtime/base/error.h"
#include "runtime/base/posix_disk.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

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
  const bool in_full = std::any_of(
      folders.begin(), folders.end(),
      [&](const DeadLetterFolder& folder) { return folder.job == dlq.job; });
  std::erase_if(folders, [&](const DeadLetterFolder& folder) {
    return (in_full ? folder.job != dlq.job
                    : !absl::StartsWith(folder.job, dlq.job)) ||
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
  std::vector<DeadLetter> all;
  for (const std::string& name : files) {
    ASSIGN_OR_RETURN(
        std::vector<DeadLetter> letters,
        ReadDeadLetters(absl::StrCat(folder.path, "/", name), disk));
    std::move(letters.begin(), letters.end(), std::back_inserter(all));
  }
  return all;
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

absl::StatusOr<DeadLetterFolder> OneFolder(const DlqArguments& dlq,
                                           const JobArguments& arguments,
                                           Disk* disk) {
  ASSIGN_OR_RETURN(const auto folders, Folders(dlq, arguments, disk));
  if (folders.size() == 1) return folders[0];
  std::vector<std::string> jobs;
  for (const DeadLetterFolder& folder : folders) jobs.push_back(folder.job);
  return UserError(
      {.code = "CLI-0041",
       .what = absl::StrCat("several jobs are called '", dlq.job, "'"),
       .where = "the command line",
       .why = "one table of one job is replayed at a time",
       .fix = absl::StrCat("Name one of them in full: ",
                           absl::StrJoin(jobs, ", "), ".")});
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
  const auto folder = OneFolder(dlq, arguments, &disk);
  if (!folder.ok()) return ReportBadInput(folder.status());
  const absl::StatusOr<int> status =
      ReplayLetters(*folder, dlq, arguments, &disk);
  return status.ok() ? *status : ReportBadInput(status.status());
}

}  // namespace millrace
