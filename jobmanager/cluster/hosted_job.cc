#include "jobmanager/cluster/hosted_job.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"
#include "state/storage/local_object_store.h"
#include "state/storage/savepoint_folder.h"

namespace millrace {
namespace {

// Flink's tools and people write paths as URIs, too.
std::string PathOf(absl::string_view text) {
  absl::ConsumePrefix(&text, "file://");
  return std::string(text);
}

// Who writes the objects of one term's master of a job. An earlier term's may
// still live: it is fenced, and what it has on its way may go at any time.
std::string WriterName(int64_t term, const std::string& job_id) {
  return absl::StrCat("jm-", term, "-", job_id);
}

bool IsEarlierWriter(absl::string_view writer, int64_t term,
                     const std::string& job_id) {
  const std::vector<absl::string_view> parts = absl::StrSplit(writer, '-');
  int64_t of_term = 0;
  return parts.size() == 3 && parts[0] == "jm" && parts[2] == job_id &&
         absl::SimpleAtoi(parts[1], &of_term) && of_term < term;
}

}  // namespace

HostedJob::HostedJob(RegisteredJob job, std::shared_ptr<const JobPlan> plan,
                     const Environment& environment, Callbacks callbacks)
    : job_(std::move(job)),
      plan_(std::move(plan)),
      environment_(environment),
      callbacks_(std::move(callbacks)),
      deployer_([this](ClusterDeployer::Order order) {
        callbacks_.order(std::move(order));
      }),
      background_(MakeExecutor(environment_.one_thread, 1)),
      loop_(MakeExecutor(environment_.one_thread, 1)) {}

HostedJob::~HostedJob() {
  Abandon();
  if (environment_.one_thread != nullptr && master_ != nullptr) {
    environment_.one_thread->RemoveLoop(master_->waker());
  }
}

void HostedJob::Prepare() {
  loop_->Post([this] { callbacks_.prepared(Open()); });
}

absl::Status HostedJob::Open() {
  ASSIGN_OR_RETURN(config_, ParseCheckpointConfig(plan_->config,
                                                  environment_.config));
  ASSIGN_OR_RETURN(FailoverPolicy::Options failover,
                   ParseFailoverOptions(plan_->config, environment_.config,
                                        /*checkpointed=*/true));
  // Nobody watches; what cannot pass is never tried again anyway.
  failover.only_once_begun = false;
  RETURN_IF_ERROR(OpenStore());
  ASSIGN_OR_RETURN(auto restore, ReadSavepoint());
  ASSIGN_OR_RETURN(
      master_,
      JobMaster::Open(
          *plan_,
          {.connectors = environment_.connectors,
           .clock = environment_.clock,
           .background = background_.get(),
           .deployer = &deployer_,
           .job_id = job_.job_id,
           .store = store_.get(),
           .checkpoints = config_,
           .failover = failover,
           .seed = HashBytes(job_.job_id),
           .right = {.lived = lived_, .term = environment_.term},
           .restore = std::move(restore),
           .metrics = environment_.metrics,
           .metric_labels = environment_.metric_labels,
           .on_state =
               [this](JobState state, const absl::Status& failure) {
                 first_failure_ = failure;
                 callbacks_.state(state, failure);
               },
           .on_checkpoint =
               [this](const CheckpointStats& stats) {
                 if (!job_.savepoint.empty() && stats.completed > 0) {
                   background_->Post([this] { DropOrigin(); });
                 }
                 callbacks_.checkpoints(stats);
               }}));
  return absl::OkStatus();
}

absl::Status HostedJob::OpenStore() {
  ASSIGN_OR_RETURN(
      auto objects,
      LocalObjectStore::Open(
          environment_.disk,
          {.folder = config_.directory,
           .writer = WriterName(environment_.term, job_.job_id)}));
  // What stays takes room, no more.
  objects
      ->SweepWriters([&](absl::string_view writer) {
        return !IsEarlierWriter(writer, environment_.term, job_.job_id);
      })
      .IgnoreError();
  objects_ = std::move(objects);
  store_ = std::make_unique<CheckpointStore>(objects_.get(),
                                             environment_.records);
  origin_.emplace(job_, objects_.get(), environment_.disk, environment_.log);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Manifest>> HostedJob::ReadSavepoint() {
  ASSIGN_OR_RETURN(const auto record, store_->Find(job_.job_id));
  lived_ = job_.order > 0         ? job_.lived
           : record.has_value() ? record->attempt
                                : 0;
  // In this life: what the one before left behind says nothing about it.
  had_finished_ =
      record.has_value() && record->finished && record->attempt > lived_;
  if (had_finished_ || job_.savepoint.empty()) return nullptr;
  if (record.has_value() && !record->retained.empty()) {
    if (job_.order > 0) return nullptr;  // It goes on from its own.
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        {.code = "JOB-0137",
         .what = absl::StrCat("job ", job_.job_id,
                              " has checkpoints of its own to go on from"),
         .where = job_.savepoint,
         .why = "",
         .fix = "Submit it without the savepoint, or leave the job's id out."});
  }
  ASSIGN_OR_RETURN(auto savepoint, origin_->Read());
  const std::string bytes = EncodeManifest(*savepoint);
  if (bytes.size() > ClusterDeployer::kMostSentBytes) {
    ASSIGN_OR_RETURN(std::string object, origin_->Place(bytes));
    deployer_.PlaceSavepoint(savepoint, std::move(object));
  }
  return savepoint;
}

void HostedJob::DropOrigin() {
  if (origin_->is_dropped()) return;
  // A savepoint completes too, but nothing goes on from it by itself.
  const auto record = store_->Find(job_.job_id);
  if (record.ok() && record->has_value() && !(*record)->retained.empty()) {
    origin_->Drop();
  }
}

void HostedJob::Run() {
  running_ = true;
  loop_->Post([this] { RunMaster(); });
}

void HostedJob::RunMaster() {
  if (had_finished_) {
    // Its leader died before the list of jobs could say so.
    callbacks_.ended(
        job_.cancelled ? JobState::kCanceled : JobState::kFinished,
        absl::OkStatus());
    return;
  }
  if (environment_.one_thread != nullptr) {
    environment_.one_thread->AddLoop(master_->waker(),
                                     [this] { return RunMasterOnce(); });
    return;
  }
  master_->RunUntilEnd();
  SayEnded();
}

int64_t HostedJob::RunMasterOnce() {
  const int64_t next_nanos = master_->RunOnce();
  if (!master_->is_over()) return next_nanos;
  environment_.one_thread->RemoveLoop(master_->waker());
  SayEnded();
  return INT64_MAX;
}

void HostedJob::SayEnded() {
  if (!IsTerminal(master_->state())) return;
  callbacks_.ended(master_->state(), master_->state() == JobState::kFailed
                                         ? first_failure_
                                         : absl::OkStatus());
}

void HostedJob::Export(
    CheckpointId savepoint, std::string target,
    std::function<void(absl::StatusOr<std::string>)> done) {
  background_->Post([this, savepoint, target = std::move(target),
                    done = std::move(done)] {
    auto path = WriteSavepointFolder(job_.job_id, savepoint, PathOf(target),
                                     *objects_, environment_.disk);
    // What could not be copied stays: a job that was to end with it has
    // nothing else to go on from.
    master_->ReleaseSavepoint(savepoint, /*lost=*/!path.ok());
    done(std::move(path));
  });
}

void HostedJob::Abandon() {
  // Before Run the loop runs nothing that goes on by itself.
  if (running_) master_->Abandon();
}

}  // namespace millrace
