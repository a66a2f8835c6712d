#include "embedded/local_deployer.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Reading ahead of a file and one more thing beside it.
constexpr int kConnectorThreads = 2;
// One part of a checkpoint is compressed while another is synced.
constexpr int kUploadThreads = 2;
// Reads of state wait for the disk, not for a core.
constexpr int kStoreThreads = 4;

}  // namespace

LocalDeployer::Attempt::Attempt(int slots, const Clock* clock)
    : task_manager(Placement::Alone(slots), clock),
      connectors(kConnectorThreads),
      uploads(kUploadThreads),
      stores(kStoreThreads) {}

LocalDeployer::LocalDeployer(Options options)
    : options_(std::move(options)), builder_(1) {}

LocalDeployer::~LocalDeployer() = default;

void LocalDeployer::Deploy(const JobPlan& plan, int64_t attempt,
                           std::shared_ptr<const Manifest> restore,
                           Listener listener) {
  SubtaskEnvironment environment = options_.environment;
  environment.attempt = attempt;
  environment.restore = std::move(restore);
  environment.acknowledge = listener.acknowledged;
  environment.drained = listener.drained;
  environment.request_splits = listener.splits_requested;
  builder_.Post([this, &plan, environment = std::move(environment),
                 listener = std::move(listener)]() mutable {
    Build(plan, std::move(environment), std::move(listener));
  });
}

void LocalDeployer::Build(const JobPlan& plan, SubtaskEnvironment environment,
                          Listener listener) {
  attempt_.reset();
  attempt_ = std::make_unique<Attempt>(options_.slots, environment.clock);
  if (const absl::Status status = Complete(environment); !status.ok()) {
    listener.deployed(status);
    return;
  }
  const bool restores = environment.restore != nullptr;
  const auto built = [this, restores, deployed = listener.deployed](
                         const std::vector<Counters>& counters) {
    Deployment& deployment = attempt_->deployment;
    deployment.stoppers = attempt_->task_manager.slots();
    for (const Counters& subtask : counters) {
      const SubtaskId id = {subtask.vertices.front(), subtask.index};
      deployment.subtasks.push_back(id);
      if (subtask.is_root) deployment.roots.push_back(id);
    }
    options_.on_counters(counters);
    if (restores) options_.on_restored(attempt_->task_manager.restored());
    deployed(deployment);
  };
  const absl::Status started = attempt_->task_manager.Start(
      plan, std::move(environment),
      {.built = built,
       .subtask_ended =
           [ended = std::move(listener.ended)](VertexId vertex, int index,
                                               absl::Status status) {
             ended({vertex, index}, std::move(status));
           },
       .stopped = std::move(listener.stopped)});
  if (!started.ok()) listener.deployed(started);
}

absl::Status LocalDeployer::Complete(SubtaskEnvironment& environment) const {
  environment.background = &attempt_->connectors;
  environment.uploads = &attempt_->uploads;
  const StateBackends backends = {.config = options_.backend,
                                  .folder = options_.local_folder,
                                  .disk = environment.disk,
                                  .memory = environment.memory,
                                  .executor = &attempt_->stores,
                                  .restore = environment.restore.get()};
  ASSIGN_OR_RETURN(environment.make_backend, backends.MakeMaker());
  return absl::OkStatus();
}

void LocalDeployer::GiveSplits(JobExecution::GiveSplits given) {
  attempt_->task_manager.Give({given.source, given.subtask},
                              {.splits = std::move(given.splits),
                               .no_more_splits = given.no_more_splits,
                               .hold_watermark = given.hold_watermark});
}

void LocalDeployer::TriggerCheckpoint(CheckpointId checkpoint) {
  for (const SubtaskId& root : attempt_->deployment.roots) {
    attempt_->task_manager.Trigger(root, checkpoint);
  }
}

void LocalDeployer::TriggerLastCheckpoint(CheckpointId checkpoint) {
  for (const SubtaskId& root : attempt_->deployment.roots) {
    attempt_->task_manager.Trigger(root, checkpoint, /*stand_still=*/true);
  }
}

absl::Status LocalDeployer::DrainSources() {
  for (const SubtaskId& root : attempt_->deployment.roots) {
    attempt_->task_manager.Drain(root);
  }
  return absl::OkStatus();
}

void LocalDeployer::CompleteCheckpoint(CheckpointId checkpoint, bool final) {
  for (const SubtaskId& subtask : attempt_->deployment.subtasks) {
    attempt_->task_manager.Complete(subtask, checkpoint, final);
  }
}

void LocalDeployer::AbortCheckpoint(CheckpointId checkpoint) {
  for (const SubtaskId& subtask : attempt_->deployment.subtasks) {
    attempt_->task_manager.Abort(subtask, checkpoint);
  }
}

void LocalDeployer::Stop() { attempt_->task_manager.Stop(); }

}  // namespace millrace
