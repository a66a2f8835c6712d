#include "cli/dlq_replay.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/cluster_target.h"
#include "cli/exit_status.h"
#include "cli/letter_replay.h"
#include "cli/replay_plan.h"
#include "cli/run_command.h"
#include "embedded/job_directory.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/plan_codec.h"

namespace millrace {
namespace {

absl::Status RunningError(const DeadLetterFolder& folder, std::string where,
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
  return RunningError(folder, job, "another process holds its lock",
                      "Stop that process (Ctrl-C, or millrace stop)");
}

// CLI-0044: the cluster runs the job, or nobody says that it has ended.
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
    if (job.id != folder.job) continue;
    if (job.has_ended()) return absl::OkStatus();
    return RunningError(folder, cluster.url(),
                        absl::StrCat("it is ", job.state),
                        "Stop it (millrace stop, or cancel)");
  }
  // Another cluster's, or of a leader that has yet to find its jobs.
  return UserError(
      {.code = "CLI-0044",
       .what = absl::StrCat("job '", folder.job, "' may run"),
       .where = cluster.url(),
       .why = "this cluster lists no job of that id",
       .fix = "Name the JobManager of its cluster with --target, or, where the "
              "job is known to have ended, say --job-ended."});
}

void SayLeftOut(const LetterReplay::Count& count) {
  if (count.rows > 0) {
    std::fprintf(stderr,
                 "warning: %lld letters are rows on which an expression "
                 "failed or which a sink refused, and are not replayed.\n",
                 static_cast<long long>(count.rows));
  }
  if (count.cut > 0) {
    std::fprintf(stderr,
                 "warning: %lld letters have only the beginning of a record "
                 "that is too long, and are not replayed.\n",
                 static_cast<long long>(count.cut));
  }
}

}  // namespace

absl::StatusOr<int> ReplayLetters(const DeadLetterFolder& folder,
                                  const DlqArguments& dlq,
                                  const JobArguments& arguments, Disk* disk) {
  std::unique_ptr<Disk::Lock> lock;
  if (folder.of_cluster) {
    RETURN_IF_ERROR(CheckEnded(folder, dlq, arguments));
  } else {
    ASSIGN_OR_RETURN(lock, LockJob(folder, disk));
  }
  ASSIGN_OR_RETURN(
      LetterReplay replay,
      LetterReplay::Open(std::filesystem::absolute(folder.path).string(),
                         disk));
  ASSIGN_OR_RETURN(const bool any, replay.Prepare());
  if (!any) {
    std::printf("No dead letters are left to replay.\n");
    return kExitDone;
  }
  JobArguments job = arguments;
  job.file = dlq.script;
  ASSIGN_OR_RETURN(JobPlan plan, PlanReplay(job, folder.table));
  RETURN_IF_ERROR(replay.Begin());
  SayLeftOut(replay.count());
  // An earlier version may have begun one without any.
  if (replay.count().records > 0) {
    RETURN_IF_ERROR(ReadRecordsInstead(
        {.table = folder.table,
         .records = replay.records_path(),
         .kind = replay.kind(),
         .name = absl::StrCat(folder.job, "-replay-", folder.table, "-",
                              replay.id())},
        plan));
    RETURN_IF_ERROR(replay.WritePlan(ToJson(plan)));
    job.file = replay.plan_path();
    const int status = RunOnceCommand(job);
    if (status != kExitDone) return status;
  }
  ASSIGN_OR_RETURN(const std::string kept, replay.End());
  std::printf(
      "Replayed; %s says which letters these were, and has their records.\n",
      kept.c_str());
  return kExitDone;
}

}  // namespace millrace
