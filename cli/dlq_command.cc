#include "cli/dlq_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/cluster_target.h"
#include "cli/dead_letter_file.h"
#include "cli/exit_status.h"
#include "cli/letter_replay.h"
#include "cli/replay_plan.h"
#include "cli/run_command.h"
#include "embedded/job_directory.h"
#include "runtime/base/error.h"
#include "runtime/base/posix_disk.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/plan_codec.h"

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

absl::Status IsRunning(const DeadLetterFolder& folder, std::string where,
                       std::string why, std::string how) {
  return UserError(
      {.code = "CLI-0044",
       .what = absl::StrCat("job '", folder.job,
                            "' runs, and its dead letters cannot be replayed "
                            "beside it"),
       .where = std::move(where),
       .why = std::move(why),
       .fix = absl::StrCat(how, ", replay, and start it again: it goes on from "
                                "where it was.")});
}

// Nobody runs a job of this machine, nor will before the lock is given back.
absl::StatusOr<std::unique_ptr<Disk::Lock>> LockJob(
    const DeadLetterFolder& folder, Disk* disk) {
  const std::string job = FolderOf(FolderOf(folder.path));
  auto lock =
      disk->Acquire(JobDirectory::LockIn(job), Disk::IfHeld::kFail);
  if (!absl::IsFailedPrecondition(lock.status())) return lock;
  return IsRunning(folder, job, "another process holds its lock",
                   "Stop that process (Ctrl-C, or millrace stop)");
}

// CLI-0044: the cluster runs the job, or nobody says whether it does.
absl::Status CheckEnded(const DeadLetterFolder& folder,
                        const DlqArguments& dlq,
                        const JobArguments& arguments) {
  if (dlq.job_ended) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto target, FindTarget(dlq.target, arguments));
  if (!target) {
    return UserError(
        {.code = "CLI-0044",
         .what = absl::StrCat("job '", folder.job,
                              "' is of a cluster, and may run"),
         .where = folder.path,
         .why = "neither --target nor rest.address says whom to ask",
         .fix = "Name its JobManager with --target http://HOST:8081, or, where "
                "the cluster is gone, say --job-ended."});
  }
  ASSIGN_OR_RETURN(const ClusterClient cluster, ConnectTo(*target));
  ASSIGN_OR_RETURN(const auto jobs, cluster.Jobs());
  for (const ClusterClient::Job& job : jobs) {
    const bool ended = job.state == "FINISHED" || job.state == "FAILED" ||
                       job.state == "CANCELED";
    if (job.id != folder.job || ended) continue;
    return IsRunning(folder, cluster.url(), absl::StrCat("it is ", job.state),
                     "Stop it (millrace stop, or cancel)");
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

void SayLeftOut(const LetterReplay::Count& count) {
  if (count.rows > 0) {
    std::fprintf(stderr,
                 "warning: %lld letters are rows on which an expression "
                 "failed, and are not replayed.\n",
                 static_cast<long long>(count.rows));
  }
  if (count.cut > 0) {
    std::fprintf(stderr,
                 "warning: %lld letters have only the beginning of a record "
                 "that is too long, and are not replayed.\n",
                 static_cast<long long>(count.cut));
  }
}

absl::StatusOr<int> Replay(const DlqArguments& dlq,
                           const JobArguments& arguments, Disk* disk) {
  ASSIGN_OR_RETURN(const DeadLetterFolder folder,
                   OneFolder(dlq, arguments, disk));
  std::unique_ptr<Disk::Lock> lock;
  if (folder.of_cluster) {
    RETURN_IF_ERROR(CheckEnded(folder, dlq, arguments));
  } else {
    ASSIGN_OR_RETURN(lock, LockJob(folder, disk));
  }
  JobArguments job = arguments;
  job.file = dlq.script;
  ASSIGN_OR_RETURN(JobPlan plan, PlanReplay(job, folder.table));
  ASSIGN_OR_RETURN(
      LetterReplay replay,
      LetterReplay::Open(std::filesystem::absolute(folder.path).string(),
                         disk));
  ASSIGN_OR_RETURN(const bool any, replay.Begin());
  if (!any) {
    std::printf("No dead letters are left to replay.\n");
    return kExitDone;
  }
  SayLeftOut(replay.count());
  if (replay.count().records > 0) {
    RETURN_IF_ERROR(ReadRecordsInstead(
        {.table = folder.table,
         .records = replay.records_path(),
         .of_messages = replay.of_messages(),
         .name = absl::StrCat(folder.job, "-replay-", folder.table, "-",
                              replay.id())},
        plan));
    RETURN_IF_ERROR(replay.WritePlan(ToJson(plan)));
    job.file = replay.plan_path();
    const int status = RunOnceCommand(job);
    if (status != kExitDone) return status;
  }
  ASSIGN_OR_RETURN(const std::string kept, replay.End());
  std::printf("Replayed; the letters are kept in %s\n", kept.c_str());
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
