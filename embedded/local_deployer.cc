#include "embedded/local_deployer.h"

#include <utility>

namespace millrace {

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
  const bool restores = environment.restore != nullptr;
  attempt_ = std::make_unique<AttemptRunner>(
      AttemptRunner::Options{.placement = Placement::Alone(options_.slots),
                             .environment = std::move(environment),
                             .backend = options_.backend,
                             .local_folder = options_.local_folder});
  const auto built = [this, restores, deployed = listener.deployed](
                         const std::vector<Counters>& counters) {
    options_.on_counters(counters);
    if (restores) options_.on_restored(attempt_->restored());
    deployed(Deployment{.subtasks = attempt_->subtasks(),
                        .roots = attempt_->roots(),
                        .stoppers = 1});
  };
  const absl::Status started =
      attempt_->Start(plan, {.built = built,
                             .ended = std::move(listener.ended),
                             .stopped = std::move(listener.stopped)});
  if (!started.ok()) listener.deployed(started);
}

void LocalDeployer::GiveSplits(JobExecution::GiveSplits given) {
  attempt_->Give({given.source, given.subtask},
                 {.splits = std::move(given.splits),
                  .no_more_splits = given.no_more_splits,
                  .hold_watermark = given.hold_watermark});
}

void LocalDeployer::TriggerCheckpoint(CheckpointId checkpoint) {
  Trigger(checkpoint, /*stand_still=*/false);
}

void LocalDeployer::TriggerLastCheckpoint(CheckpointId checkpoint) {
  Trigger(checkpoint, /*stand_still=*/true);
}

void LocalDeployer::Trigger(CheckpointId checkpoint, bool stand_still) {
  attempt_->Trigger({.checkpoint = checkpoint,
                     .stand_still = stand_still,
                     .triggered_micros = absl::ToUnixMicros(
                         options_.environment.clock->Now())});
}

absl::Status LocalDeployer::DrainSources() {
  attempt_->DrainSources();
  return absl::OkStatus();
}

void LocalDeployer::CompleteCheckpoint(CheckpointId checkpoint, bool final) {
  attempt_->Complete(checkpoint, final);
}

void LocalDeployer::AbortCheckpoint(CheckpointId checkpoint) {
  attempt_->Abort(checkpoint);
}

void LocalDeployer::Stop() { attempt_->Stop(); }

}  // namespace millrace
