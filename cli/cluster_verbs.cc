#include "cli/cluster_verbs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/cluster_job_follower.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

using Jobs = std::vector<ClusterClient::Job>;
using SavepointKind = ClusterClient::SavepointKind;

// How soon the end of a savepoint is seen.
constexpr absl::Duration kFirstAnswer = absl::Milliseconds(50);
constexpr absl::Duration kAnswerEvery = absl::Milliseconds(500);

constexpr char kRule[] =
    "--------------------------------------------------------------";

bool HasEnded(const ClusterClient::Job& job) { return job.has_ended(); }
bool IsScheduled(const ClusterClient::Job& job) {
  return job.state == "CREATED" || job.state == "INITIALIZING";
}
bool IsRunning(const ClusterClient::Job& job) {
  return !HasEnded(job) && !IsScheduled(job);
}

struct Heading {
  const char* above;
  const char* none;  // Null: nothing is said of none.
};

// "24.11.2025 10:00:00 : <id> : <name> (RUNNING)", a line a job.
void SayJobs(const Jobs& jobs, bool (*is)(const ClusterClient::Job&),
             const Heading& heading, absl::TimeZone zone,
             const ClusterTerminal& terminal) {
  Jobs shown;
  std::copy_if(jobs.begin(), jobs.end(), std::back_inserter(shown), is);
  std::stable_sort(shown.begin(), shown.end(),
                   [](const auto& a, const auto& b) {
                     return a.started_at < b.started_at;
                   });
  if (shown.empty()) {
    if (heading.none != nullptr) terminal.say(heading.none);
    return;
  }
  terminal.say(heading.above);
  for (const ClusterClient::Job& job : shown) {
    terminal.say(absl::StrCat(
        absl::FormatTime("%d.%m.%Y %H:%M:%S", job.started_at, zone), " : ",
        job.id, " : ", job.name, " (", job.state, ")"));
  }
  terminal.say(kRule);
}

absl::Status StillUnderWay(const std::string& job_id,
                           const ClusterClient& cluster) {
  return absl::CancelledError(
      absl::StrCat("the savepoint of job ", job_id, " at ", cluster.url(),
                   " is still being written"));
}

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

// The path, when it is there. A JobManager that is away for a moment is waited
// for.
absl::StatusOr<std::string> AwaitSavepoint(const ClusterClient& cluster,
                                           const std::string& job_id,
                                           const std::string& trigger,
                                           const ClusterTerminal& terminal) {
  absl::Duration pause = kFirstAnswer;
  absl::Duration silent;
  while (true) {
    const auto path = cluster.SavepointPath(job_id, trigger);
    if (path.ok() && path->has_value()) return **path;
    if (!path.ok() && (!MayPass(path.status()) ||
                       silent >= ClusterJobFollower::kLongestSilence)) {
      return path.status();
    }
    if (terminal.interrupted()) return StillUnderWay(job_id, cluster);
    silent = path.ok() ? absl::ZeroDuration() : silent + pause;
    terminal.pause(pause);
    pause = std::min(2 * pause, kAnswerEvery);
  }
}

absl::StatusOr<ClusterClient> FindCluster(const std::string& target,
                                          const JobArguments& arguments) {
  ASSIGN_OR_RETURN(const std::optional<std::string> found,
                   FindTarget(target, arguments));
  if (found.has_value()) return ConnectTo(*found);
  return UserError({.code = "CLI-0026",
                    .what = "no cluster is named",
                    .where = "the command line",
                    .why = {},
                    .fix = "Give --target http://HOST:8081, or set "
                           "rest.address."});
}

int ExitOf(const absl::Status& status) {
  if (status.ok()) return kExitDone;
  ReportBadInput(status);
  if (absl::IsCancelled(status)) return kExitCancelled;
  // Where nobody answers at first the address may be wrong.
  const bool is_nobody = ErrorCode(status) == "CLI-0021";
  // Else nothing is wrong with what was typed.
  const bool failed = absl::IsAborted(status) || absl::IsInternal(status) ||
                      (MayPass(status) && !is_nobody);
  return failed ? kExitJobFailed : kExitBadInput;
}

// An error of a cluster that has answered before: the address was right.
absl::Status Later(const absl::Status& status) {
  return MayPass(status) || absl::IsNotFound(status)
             ? absl::AbortedError(status.message())
             : status;
}

}  // namespace

absl::Status ListJobs(const ClusterClient& cluster, const ListOptions& options,
                      absl::TimeZone zone, const ClusterTerminal& terminal) {
  ASSIGN_OR_RETURN(const Jobs jobs, cluster.Jobs());
  const bool both = options.all || (!options.running && !options.scheduled);
  if (both || options.running) {
    SayJobs(jobs, IsRunning,
            {.above = "------------------ Running/Restarting Jobs "
                      "-------------------",
             .none = "No running jobs."},
            zone, terminal);
  }
  if (both || options.scheduled) {
    SayJobs(jobs, IsScheduled,
            {.above = "------------------------- Scheduled Jobs "
                      "-----------------------",
             .none = "No scheduled jobs."},
            zone, terminal);
  }
  if (options.all) {
    SayJobs(jobs, HasEnded,
            {.above = "---------------------- Terminated Jobs "
                      "-----------------------",
             .none = nullptr},
            zone, terminal);
  }
  return absl::OkStatus();
}

absl::Status CancelJob(const ClusterClient& cluster, const std::string& job,
                       const ClusterTerminal& terminal) {
  ASSIGN_OR_RETURN(const std::string job_id, cluster.FindJob(job));
  terminal.say(absl::StrCat("Cancelling job ", job_id, "."));
  if (const absl::Status cancelled = cluster.Cancel(job_id); !cancelled.ok()) {
    return Later(cancelled);
  }
  terminal.say(absl::StrCat("Cancelled job ", job_id, "."));
  return absl::OkStatus();
}

absl::Status TakeSavepoint(const ClusterClient& cluster,
                           const SavepointOptions& options,
                           const ClusterTerminal& terminal) {
  ASSIGN_OR_RETURN(const std::string job_id, cluster.FindJob(options.job));
  switch (options.kind) {
    case SavepointKind::kGoOn:
      terminal.say(absl::StrCat("Triggering savepoint for job ", job_id, "."));
      break;
    case SavepointKind::kStop:
      terminal.say(absl::StrCat("Suspending job \"", job_id,
                                "\" with a savepoint."));
      break;
    case SavepointKind::kDrain:
      terminal.say(absl::StrCat("Draining job \"", job_id,
                                "\" with a savepoint."));
      break;
  }
  const auto trigger = cluster.BeginSavepoint(
      job_id, ClusterPath(options.directory), options.kind);
  if (!trigger.ok()) return Later(trigger.status());
  const auto path = AwaitSavepoint(cluster, job_id, *trigger, terminal);
  if (!path.ok()) return Later(path.status());
  terminal.say(absl::StrCat("Savepoint completed. Path: ", *path));
  return absl::OkStatus();
}

int ListCommand(const ListOptions& options, const std::string& target,
                const JobArguments& arguments) {
  const auto cluster = FindCluster(target, arguments);
  if (!cluster.ok()) return ExitOf(cluster.status());
  return ExitOf(
      ListJobs(*cluster, options, absl::LocalTimeZone(), ThisTerminal()));
}

int CancelCommand(const std::string& job, const std::string& target,
                  const JobArguments& arguments) {
  const auto cluster = FindCluster(target, arguments);
  if (!cluster.ok()) return ExitOf(cluster.status());
  return ExitOf(CancelJob(*cluster, job, ThisTerminal()));
}

int ClusterSavepointCommand(const SavepointOptions& options,
                            const std::string& target,
                            const JobArguments& arguments) {
  InstallInterruptHandler();
  const auto cluster = FindCluster(target, arguments);
  if (!cluster.ok()) return ExitOf(cluster.status());
  return ExitOf(TakeSavepoint(*cluster, options, ThisTerminal()));
}

}  // namespace millrace
