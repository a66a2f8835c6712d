#include "cli/job_run.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "cli/session.h"
#include "cli/unseen_output.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/options.h"
#include "runtime/operators/operator_factory.h"
#include "taskmanager/latency_interval.h"

namespace millrace {
namespace {

// How soon an interrupt is seen; an idle job's only cost besides.
constexpr absl::Duration kProgressEvery = absl::Milliseconds(250);
constexpr absl::Duration kDrawEvery = absl::Seconds(1);
// Of a query nothing stays but its dead letters, which lie where those of a job
// of that name would.
constexpr char kQueries[] = "/queries/dead-letters";

// The job's directory, at the place where an earlier run of it stopped.
absl::StatusOr<std::unique_ptr<JobDirectory>> OpenDirectory(
    const JobLaunch& launch, const ConfigMap& config,
    const CheckpointConfig& checkpoints, Disk* disk) {
  ASSIGN_OR_RETURN(
      auto directory,
      JobDirectory::Open({.root = ConfigValue(config, "millrace.data-dir"),
                          .identity = IdentityOf(launch.origin),
                          .checkpoints = checkpoints.directory},
                         disk));
  if (launch.fresh) {
    RETURN_IF_ERROR(directory->StartAnew());
    RETURN_IF_ERROR(directory->EndSeen());
  }
  return directory;
}

// The savepoint that the launch names, as the job's own.
absl::StatusOr<std::shared_ptr<const Manifest>> BeginFrom(
    const JobLaunch& launch, JobDirectory& directory) {
  ASSIGN_OR_RETURN(const auto latest, directory.Latest());
  const std::string wanted =
      launch.savepoint.empty()
          ? ""
          : std::filesystem::absolute(launch.savepoint).string();
  if (latest.has_value()) {
    ASSIGN_OR_RETURN(const std::string origin, directory.Origin());
    // The same command again: it goes on from where it was.
    if (wanted.empty() || wanted == origin) return nullptr;
    return UserError({.code = "CLI-0008",
                      .what = "the job has a checkpoint of its own",
                      .where = directory.path(),
                      .why = "it would go on from that and not from the "
                             "savepoint",
                      .fix = "Leave --from-savepoint out, or forget that "
                             "checkpoint with --fresh."});
  }
  RETURN_IF_ERROR(directory.NoteOrigin(wanted));
  if (wanted.empty()) return nullptr;
  ASSIGN_OR_RETURN(Manifest manifest,
                   directory.ReadSavepoint(wanted, launch.restore));
  return std::make_shared<const Manifest>(std::move(manifest));
}

// Whether the job has come to its end, whoever was told of it.
absl::StatusOr<bool> HasFinished(JobDirectory& directory) {
  ASSIGN_OR_RETURN(const std::optional<JobRecord> record,
                   directory.checkpoints()->Find(directory.job_id()));
  return record.has_value() && record->finished;
}

absl::StatusOr<bool> HasNoMoreToDo(const JobLaunch& launch,
                                   JobDirectory& directory) {
  return launch.repeat == Repeat::kNever ? HasFinished(directory)
                                         : directory.FinishedUnseen();
}

// "  begins empty: a, b, c"; nothing where there are none.
void SayList(const char* what, const std::vector<std::string>& uids) {
  if (uids.empty()) return;
  std::fprintf(stderr, "  %s: %s\n", what,
               absl::StrJoin(uids, ", ").c_str());
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobRun>> JobRun::Start(
    const JobLaunch& launch, const ConfigMap& config,
    Environment& environment) {
  const JobPlan& plan = *launch.plan;
  EmbeddedJob::Options options;
  ASSIGN_OR_RETURN(options.checkpoints,
                   ParseCheckpointConfig(plan.config, config));
  ASSIGN_OR_RETURN(
      options.failover,
      ParseFailoverOptions(plan.config, config, !launch.is_query));
  if (const std::string warning = WarningOfUnseenOutput(
          plan, environment.connectors, options.checkpoints.periodic());
      !warning.empty()) {
    std::fprintf(stderr, "%s\n", warning.c_str());
  }
  ASSIGN_OR_RETURN(options.backend,
                   ParseStateBackendConfig(plan.config, config));
  ASSIGN_OR_RETURN(options.latency_interval,
                   ParseLatencyInterval(plan.config, config));
  std::unique_ptr<JobDirectory> directory;
  if (!launch.is_query) {
    ASSIGN_OR_RETURN(directory,
                     OpenDirectory(launch, config, options.checkpoints,
                                   &environment.disk));
    ASSIGN_OR_RETURN(const bool finished, HasNoMoreToDo(launch, *directory));
    if (finished) {
      RETURN_IF_ERROR(directory->EndSeen());
      std::fprintf(stderr,
                   "Job %s had finished when its process was killed; nothing "
                   "is left to do.\n",
                   plan.name.c_str());
      return nullptr;
    }
    ASSIGN_OR_RETURN(options.lived, directory->AttemptSeen());
    options.directory = directory.get();
    options.job_id = directory->job_id();
    options.dead_letter_directory = directory->dead_letter_path();
    ASSIGN_OR_RETURN(options.restore,
                     BeginFrom(launch, *directory));
  } else {
    options.job_id = NewJobId();
    options.dead_letter_directory = absl::StrCat(
        ConfigValue(config, "millrace.data-dir"), kQueries);
  }
  options.connectors = &environment.connectors;
  options.functions = &environment.functions;
  options.clock = &environment.clock;
  options.disk = &environment.disk;
  options.metrics = &environment.metrics;
  options.metric_labels = {{"host", "localhost"}, {"tm_id", "embedded"}};
  options.make_operator =
      [&environment](const Vertex& vertex,
                     const std::vector<std::vector<RowField>>& inputs,
                     const FunctionContext& functions,
                     const OperatorContext& context) {
        return MakeOperator(vertex, inputs, environment.functions, functions,
                            context);
      };
  if (const std::string memory =
          ConfigValue(config, "taskmanager.memory.process.size");
      !memory.empty()) {
    ASSIGN_OR_RETURN(options.memory_bytes, ParseSizeBytes(memory));
  }
  ASSIGN_OR_RETURN(auto job, EmbeddedJob::Start(plan, std::move(options)));
  return std::unique_ptr<JobRun>(
      new JobRun(launch, &environment.disk, std::move(directory),
                 std::move(job)));
}

JobRun::JobRun(const JobLaunch& launch, Disk* disk,
               std::unique_ptr<JobDirectory> directory,
               std::unique_ptr<EmbeddedJob> job)
    : name_(launch.plan->name),
      disk_(disk),
      directory_(std::move(directory)),
      job_(std::move(job)),
      repeat_(launch.repeat),
      claimed_(launch.restore == RestoreMode::kClaim ? launch.savepoint : ""),
      progress_(name_, isatty(STDERR_FILENO) != 0) {
  if (directory_ != nullptr) {
    clerk_.emplace(directory_.get(), disk_,
                   repeat_ == Repeat::kNever
                       ? SavepointClerk::Stops::kRefused
                       : SavepointClerk::Stops::kServed);
  }
}

JobRun::~JobRun() {
  job_.reset();
  if (clerk_.has_value()) clerk_->Close(outcome_);
}

bool JobRun::Watch() {
  if (job_->WaitFor(kProgressEvery)) return true;
  if (Interrupted() && !cancelled_) {
    cancelled_ = true;
    job_->Cancel();
  }
  const JobStatus status = job_->Status();
  SayRestarted(status);
  SayRestored(status);
  if (clerk_.has_value()) clerk_->Serve(*job_);
  DropClaimed(status);
  since_drawn_ += kProgressEvery;
  if (since_drawn_ >= kDrawEvery) {
    since_drawn_ = absl::ZeroDuration();
    progress_.Draw(status, absl::Now());
  }
  return false;
}

void JobRun::DropClaimed(const JobStatus& status) {
  if (claimed_.empty() || status.checkpoints.completed == 0) return;
  // A savepoint completes too, but nothing goes on from it by itself.
  const auto latest = directory_->Latest();
  if (!latest.ok() || !latest->has_value()) return;
  const absl::Status dropped =
      RemoveTree(*disk_, std::exchange(claimed_, std::string()));
  if (!dropped.ok()) {
    std::fprintf(stderr, "warning: the savepoint is the job's now, but stays: "
                         "%s\n",
                 std::string(dropped.message()).c_str());
  }
}

void JobRun::SayRestarted(const JobStatus& status) {
  if (status.restarts == said_restarts_) return;
  said_restarts_ = status.restarts;
  std::fprintf(stderr, "Job %s failed and is started again (%lld so far): %s\n",
               name_.c_str(), static_cast<long long>(status.restarts),
               std::string(status.restart_cause.message()).c_str());
}

void JobRun::SayRestored(const JobStatus& status) {
  const CheckpointId restored = status.checkpoints.restored;
  if (restored == said_restored_) return;
  said_restored_ = restored;
  std::fprintf(stderr,
               "Job %s goes on from checkpoint %lld (--fresh would start "
               "anew).\n",
               name_.c_str(), static_cast<long long>(restored.value()));
  SayList("begins empty", status.restored.fresh);
  SayList("dropped, no longer in the plan", status.restored.dropped);
}

int JobRun::Finish() {
  const absl::Status outcome = job_->Wait();
  outcome_ = outcome;
  const JobStatus status = job_->Status();
  DropClaimed(status);
  SayRestarted(status);
  SayRestored(status);
  progress_.End(status);
  std::fflush(stdout);
  for (const std::string& line : job_->FinishLines()) {
    std::printf("%s\n", line.c_str());
  }
  std::fflush(stdout);
  if (directory_ != nullptr) {
    // At worst the same command says once more that the job has finished.
    directory_->EndSeen().IgnoreError();
  }
  if (outcome.ok() && repeat_ == Repeat::kNever && directory_ != nullptr) {
    return FinishOnce();
  }
  if (outcome.ok()) return kExitDone;
  if (absl::IsCancelled(outcome)) {
    std::fprintf(stderr, "Job %s was cancelled.\n", name_.c_str());
    return kExitCancelled;
  }
  std::fprintf(stderr, "error: job %s failed: %s\n", name_.c_str(),
               std::string(outcome.message()).c_str());
  return kExitJobFailed;
}

int JobRun::FinishOnce() {
  const auto finished = HasFinished(*directory_);
  if (!finished.ok()) return ReportBadInput(finished.status());
  if (*finished) return kExitDone;
  std::fprintf(stderr,
               "Job %s has ended before its input did; the same command goes "
               "on with it.\n",
               name_.c_str());
  return kExitCancelled;
}

}  // namespace millrace
