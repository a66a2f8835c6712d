#include "cli/cluster_run.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/cluster_job_follower.h"
#include "cli/environment.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "cli/script.h"
#include "cli/unseen_output.h"
#include "jobmanager/checkpoint_config.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// A short job's end is seen soon, a long one costs little.
constexpr absl::Duration kFirstLook = absl::Milliseconds(20);
constexpr absl::Duration kLookEvery = absl::Milliseconds(500);

bool IsTrue(const JobPlan& plan, const char* key) {
  const auto found = plan.config.find(key);
  return found != plan.config.end() && found->second == "true";
}

absl::Status CheckJobId(const std::string& id,
                        const std::vector<sql::StatementResult>& results) {
  if (id.empty()) return absl::OkStatus();
  constexpr size_t kDigits = 32;
  if (id.size() != kDigits ||
      id.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return JobIdDoesNotFit(absl::StrCat("'", id, "' is none"),
                           "Ids are 32 hex digits in lower case.");
  }
  const auto jobs = std::count_if(
      results.begin(), results.end(),
      [](const sql::StatementResult& one) { return one.job() != nullptr; });
  if (jobs < 2) return absl::OkStatus();
  return JobIdDoesNotFit(absl::StrCat("the script has ", jobs, " jobs"),
                         "Leave it out, or submit them one by one.");
}

absl::Status RefuseQueries(const std::vector<sql::StatementResult>& results) {
  for (const sql::StatementResult& result : results) {
    if (!result.is_query) continue;
    return UserError(
        {.code = "CLI-0024",
         .what = "a bare SELECT cannot run on a cluster",
         .where = result.job() == nullptr ? "" : result.job()->name,
         .why = "its rows would have no terminal to go to",
         .fix = "Write INSERT INTO a table, or run it here without "
                "--target."});
  }
  return absl::OkStatus();
}

void WarnOfUnseenOutput(const JobPlan& plan, const ConfigMap& config,
                        const Environment& environment) {
  const auto checkpoints = ParseCheckpointConfig(plan.config, config);
  if (!checkpoints.ok()) return;  // The cluster's own may mend it.
  const std::string warning = WarningOfUnseenOutput(
      plan, environment.connectors, checkpoints->periodic());
  if (!warning.empty()) std::fprintf(stderr, "%s\n", warning.c_str());
}

// Tells the one who interrupted what goes on, or cancels it; the status to
// exit with, where nothing is to be waited for any more.
std::optional<int> Interrupt(const ClusterClient& cluster,
                             const std::vector<std::string>& job_ids,
                             bool cancel) {
  bool all_cancelled = true;
  for (const std::string& job_id : job_ids) {
    if (!cancel) {
      std::fprintf(stderr,
                   "\nJob %s runs on. To cancel it:\n"
                   "  millrace cancel %s --target %s\n",
                   job_id.c_str(), job_id.c_str(), cluster.url().c_str());
      continue;
    }
    const absl::Status cancelled = cluster.Cancel(job_id);
    // One that has ended meanwhile is what was wanted.
    if (cancelled.ok() || absl::IsFailedPrecondition(cancelled)) continue;
    std::fprintf(stderr, "error: %s\n",
                 std::string(cancelled.message()).c_str());
    all_cancelled = false;
  }
  if (cancel && all_cancelled) return std::nullopt;
  return kExitCancelled;
}

// One script's jobs on their way to one cluster.
class Submitter {
 public:
  Submitter(const ClusterClient& cluster, const ClusterRunOptions& options,
            const JobArguments& arguments, const ClusterTerminal& terminal)
      : cluster_(cluster),
        options_(options),
        savepoint_(ClusterPath(arguments.savepoint)),
        claims_(arguments.restore == "claim"),
        allows_(arguments.allow_non_restored_state),
        terminal_(terminal) {}

  absl::Status Submit(const JobPlan& plan) {
    ASSIGN_OR_RETURN(std::string job_id,
                     cluster_.Submit({.plan = &plan,
                                      .job_id = options_.job_id,
                                      .savepoint = savepoint_,
                                      .claim_savepoint = claims_,
                                      .allow_non_restored_state = allows_}));
    terminal_.say(
        absl::StrCat("Job has been submitted with JobID ", job_id));
    submitted_.push_back({.id = std::move(job_id), .name = plan.name});
    return absl::OkStatus();
  }

  // Waits for what was submitted, unless nobody wants to.
  int Follow() {
    const std::vector<SubmittedJob> jobs = std::exchange(submitted_, {});
    if (options_.detached || jobs.empty()) return kExitDone;
    return FollowToTheEnd(cluster_, jobs, options_.cancel_at_exit, terminal_);
  }

 private:
  const ClusterClient& cluster_;
  const ClusterRunOptions& options_;
  const std::string savepoint_;
  const bool claims_;
  const bool allows_;
  const ClusterTerminal& terminal_;
  std::vector<SubmittedJob> submitted_;
};

absl::StatusOr<int> Run(const ClusterRunOptions& options,
                        const std::string& target,
                        const JobArguments& arguments,
                        const ClusterTerminal& terminal) {
  if (arguments.fresh) {
    return UserError({.code = "CLI-0027",
                      .what = "--fresh is of runs on this machine",
                      .where = "the command line",
                      .why = "each submission to a cluster is a new job",
                      .fix = "Leave it out."});
  }
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  ASSIGN_OR_RETURN(const ClusterClient cluster, ConnectTo(target));
  ASSIGN_OR_RETURN(const std::string text, ReadJobFile(arguments.file));
  const auto environment = MakeEnvironment();
  ASSIGN_OR_RETURN(const auto results,
                   CompileScript(text, config, *environment));
  RETURN_IF_ERROR(RefuseQueries(results));
  RETURN_IF_ERROR(CheckJobId(options.job_id, results));
  RETURN_IF_ERROR(cluster.CheckVersion(options.version));
  Submitter submitter(cluster, options, arguments, terminal);
  int worst = kExitDone;
  for (const sql::StatementResult& result : results) {
    if (result.table() != nullptr) PrintResult(*result.table());
    if (result.job() == nullptr) continue;
    WarnOfUnseenOutput(*result.job(), config, *environment);
    RETURN_IF_ERROR(submitter.Submit(*result.job()));
    if (!IsTrue(*result.job(), "table.dml-sync")) continue;
    worst = submitter.Follow();
    if (worst != kExitDone) return worst;
  }
  return std::max(worst, submitter.Follow());
}

}  // namespace

absl::Status JobIdDoesNotFit(const std::string& why, const std::string& fix) {
  return UserError({.code = "CLI-0030",
                    .what = "--job-id cannot be used so",
                    .where = "the command line",
                    .why = why,
                    .fix = fix});
}

int FollowToTheEnd(const ClusterClient& cluster,
                   const std::vector<SubmittedJob>& jobs,
                   bool cancel_at_exit, const ClusterTerminal& terminal) {
  std::vector<std::unique_ptr<ClusterJobFollower>> followers;
  const bool draws = isatty(STDERR_FILENO) != 0;
  for (const SubmittedJob& job : jobs) {
    followers.push_back(std::make_unique<ClusterJobFollower>(
        &cluster, job.id, job.name, draws));
  }
  int worst = kExitDone;
  bool cancelled = false;
  absl::Duration pause = kFirstLook;
  while (!followers.empty()) {
    if (terminal.interrupted() && !cancelled) {
      cancelled = true;
      std::vector<std::string> left;
      for (const auto& one : followers) left.push_back(one->job_id());
      const auto exit = Interrupt(cluster, left, cancel_at_exit);
      if (exit.has_value()) return *exit;
    }
    const absl::Time now = absl::Now();
    std::erase_if(followers, [&](const auto& follower) {
      const std::optional<int> ended = follower->Look(now, terminal);
      if (ended.has_value()) worst = std::max(worst, *ended);
      return ended.has_value();
    });
    if (followers.empty()) break;
    terminal.pause(pause);
    pause = std::min(2 * pause, kLookEvery);
  }
  return worst;
}

int ClusterRunCommand(const ClusterRunOptions& options,
                      const std::string& target,
                      const JobArguments& arguments) {
  InstallInterruptHandler();
  const absl::StatusOr<int> status =
      Run(options, target, arguments, ThisTerminal());
  if (!status.ok()) return ReportBadInput(status.status());
  return *status;
}

}  // namespace millrace
