#include "tests/sim/sim_task_host.h"

#include <utility>


namespace millrace::sim {
namespace {

constexpr int kBackgroundThreads = 2;
constexpr int64_t kSlowestWorkNanos = 4'000'000;

}  // namespace

SimTaskHost::SimTaskHost(const Options& options)
    : options_(options),
      background_(options.scheduler, options.process, kBackgroundThreads,
                  kSlowestWorkNanos),
      uploads_(options.scheduler, options.process, kBackgroundThreads,
               kSlowestWorkNanos),
      memory_(kMemoryBytes) {}

void SimTaskHost::Deploy(const JobPlan& plan, int64_t attempt,
                         std::shared_ptr<const Manifest> restore,
                         Listener listener) {
  deployment_ = {.stoppers = options_.workers};
  task_managers_.push_back(std::make_unique<LocalTaskManager>(
      options_.workers, &options_.scheduler->clock(),
      LocalTaskManager::Threads::kNone));
  LocalTaskManager* task_manager = task_managers_.back().get();
  for (int i = 0; i < options_.workers; ++i) {
    Worker* worker = task_manager->worker(i);
    options_.scheduler->AddLoop(
        options_.process, [worker] { return worker->RunOnce(); },
        [worker] { return worker->waker()->WasWoken(); });
  }
  const absl::Status started = task_manager->Start(
      plan, EnvironmentOf(attempt, std::move(restore), listener),
      {.built =
           [this, deployed = listener.deployed](const auto& counters) {
             for (const auto& subtask : counters) {
               const SubtaskId id = {subtask.vertices.front(), subtask.index};
               deployment_.subtasks.push_back(id);
               if (subtask.is_root) deployment_.roots.push_back(id);
             }
             deployed(deployment_);
           },
       .subtask_ended =
           [ended = listener.ended](VertexId vertex, int index,
                                    absl::Status status) {
             ended({vertex, index}, std::move(status));
           },
       .stopped = listener.stopped});
  if (!started.ok()) listener.deployed(started);
}

SubtaskEnvironment SimTaskHost::EnvironmentOf(
    int64_t attempt, std::shared_ptr<const Manifest> restore,
    const Listener& listener) {
  return {.connectors = options_.connectors,
          .functions = options_.functions,
          .clock = &options_.scheduler->clock(),
          .memory = &memory_,
          .metrics = &metrics_,
          .background = &background_,
          .job_id = options_.job_id,
          .attempt = attempt,
          .dead_letter_directory = "/dead-letters",
          .checkpoints = options_.objects,
          .uploads = &uploads_,
          .make_backend =
              [options = options_.backend](const BackendPlace& place,
                                           ObjectStore* store,
                                           std::function<void()>) {
                return NewMemoryBackend(place, store, options);
              },
          .restore = std::move(restore),
          .acknowledge = listener.acknowledged,
          .drained = listener.drained,
          .request_splits = listener.splits_requested,
          .report_line = [](VertexId, int, std::string) {}};
}

void SimTaskHost::GiveSplits(JobExecution::GiveSplits given) {
  task_managers_.back()->Give({given.source, given.subtask},
                              {.splits = std::move(given.splits),
                               .no_more_splits = given.no_more_splits,
                               .hold_watermark = given.hold_watermark});
}

void SimTaskHost::TriggerCheckpoint(CheckpointId checkpoint) {
  for (const SubtaskId& root : deployment_.roots) {
    if (options_.faults->Roll(Fault::kDropTrigger)) continue;
    task_managers_.back()->Trigger(root, checkpoint);
  }
}

void SimTaskHost::CompleteCheckpoint(CheckpointId checkpoint, bool final) {
  for (const SubtaskId& subtask : deployment_.subtasks) {
    // The last one has no successor that would stand for it.
    if (!final && options_.faults->Roll(Fault::kDropComplete)) continue;
    task_managers_.back()->Complete(subtask, checkpoint, final);
  }
}

void SimTaskHost::AbortCheckpoint(CheckpointId checkpoint) {
  for (const SubtaskId& subtask : deployment_.subtasks) {
    if (options_.faults->Roll(Fault::kDropAbort)) continue;
    task_managers_.back()->Abort(subtask, checkpoint);
  }
}

void SimTaskHost::Stop() { task_managers_.back()->Stop(); }

}  // namespace millrace::sim
