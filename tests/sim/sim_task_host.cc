#include "tests/sim/sim_task_host.h"

#include <algorithm>
#include <utility>


namespace millrace::sim {
namespace {

constexpr int kBackgroundThreads = 2;
constexpr int64_t kSlowestWorkNanos = 4'000'000;
constexpr int64_t kUsualCommandNanos = 3'000'000;
constexpr int64_t kSlowestCommandNanos = 100'000'000;

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
  last_command_nanos_.clear();
  task_managers_.push_back(std::make_unique<LocalTaskManager>(
      Placement::Alone(options_.workers), &options_.scheduler->clock(),
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
          .disk = options_.disk,
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
          // Small states are written in slices between turns too.
          .snapshot_slices = {.at_barrier = 0, .per_turn = 3},
          .restore = std::move(restore),
          .acknowledge = listener.acknowledged,
          .drained = listener.drained,
          .request_splits = listener.splits_requested,
          .report_line = [](VertexId, int, std::string) {}};
}

// In order for each subtask; of a barrier's roots some get it much later than
// others.
void SimTaskHost::Send(const SubtaskId& subtask,
                       std::function<void(LocalTaskManager&)> command) {
  Scheduler& scheduler = *options_.scheduler;
  const int64_t slowest = options_.faults->Roll(Fault::kSlowMessage)
                              ? kSlowestCommandNanos
                              : kUsualCommandNanos;
  const int64_t now = scheduler.clock().nanos();
  int64_t& last = last_command_nanos_[subtask];
  last = std::max(last + 1, now + scheduler.Jitter(slowest));
  scheduler.Post(options_.process, last - now,
                 [task_manager = task_managers_.back().get(),
                  command = std::move(command)] { command(*task_manager); });
}

void SimTaskHost::GiveSplits(JobExecution::GiveSplits given) {
  const SubtaskId source = {given.source, given.subtask};
  Send(source, [source, given](LocalTaskManager& task_manager) {
    task_manager.Give(source, {.splits = given.splits,
                               .no_more_splits = given.no_more_splits,
                               .hold_watermark = given.hold_watermark});
  });
}

void SimTaskHost::TriggerCheckpoint(CheckpointId checkpoint) {
  Trigger(checkpoint, /*stand_still=*/false);
}

void SimTaskHost::TriggerLastCheckpoint(CheckpointId checkpoint) {
  Trigger(checkpoint, /*stand_still=*/true);
}

void SimTaskHost::Trigger(CheckpointId checkpoint, bool stand_still) {
  for (const SubtaskId& root : deployment_.roots) {
    if (options_.faults->Roll(Fault::kDropTrigger)) continue;
    Send(root, [=](LocalTaskManager& task_manager) {
      task_manager.Trigger(root, {checkpoint, stand_still});
    });
  }
}

// Not lost: nothing would stand for it.
absl::Status SimTaskHost::DrainSources() {
  for (const SubtaskId& subtask : deployment_.subtasks) {
    Send(subtask, [subtask](LocalTaskManager& task_manager) {
      task_manager.Drain(subtask);
    });
  }
  return absl::OkStatus();
}

void SimTaskHost::CompleteCheckpoint(CheckpointId checkpoint, bool final) {
  for (const SubtaskId& subtask : deployment_.subtasks) {
    // The last one has no successor that would stand for it.
    if (!final && options_.faults->Roll(Fault::kDropComplete)) continue;
    Send(subtask, [=](LocalTaskManager& task_manager) {
      task_manager.Complete(subtask, checkpoint, final);
    });
  }
}

void SimTaskHost::AbortCheckpoint(CheckpointId checkpoint) {
  for (const SubtaskId& subtask : deployment_.subtasks) {
    if (options_.faults->Roll(Fault::kDropAbort)) continue;
    Send(subtask, [=](LocalTaskManager& task_manager) {
      task_manager.Abort(subtask, checkpoint);
    });
  }
}

void SimTaskHost::Stop() { task_managers_.back()->Stop(); }

}  // namespace millrace::sim
