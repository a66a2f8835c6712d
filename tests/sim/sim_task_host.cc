#include "tests/sim/sim_task_host.h"

#include <utility>

namespace millrace::sim {
namespace {

constexpr int kBackgroundThreads = 2;
constexpr int64_t kSlowestWorkNanos = 4'000'000;

}  // namespace

SimTaskHost::SimTaskHost(const Options& options)
    : options_(options),
      objects_(options.objects, options.process),
      disk_(options.disk, options.process),
      background_(options.scheduler, options.process, kBackgroundThreads,
                  kSlowestWorkNanos),
      memory_(kMemoryBytes) {}

void SimTaskHost::Deploy(const JobPlan& plan, int64_t attempt,
                            std::shared_ptr<const Manifest> restore,
                            Listener listener) {
  (void)restore;
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
  SubtaskEnvironment environment = {
      .connectors = options_.connectors,
      .functions = options_.functions,
      .clock = &options_.scheduler->clock(),
      .memory = &memory_,
      .metrics = &metrics_,
      .background = &background_,
      .job_id = std::string(32, '5'),
      .attempt = attempt,
      .dead_letter_directory = "/dead-letters",
      .request_splits = listener.splits_requested,
      .report_line = [](VertexId, int, std::string) {}};
  const absl::Status started = task_manager->Start(
      plan, std::move(environment),
      {.built =
           [this, deployed = listener.deployed](const auto& counters) {
             Deployment deployment = {.stoppers = options_.workers};
             for (const auto& subtask : counters) {
               deployment.subtasks.push_back(
                   {subtask.vertices.front(), subtask.index});
             }
             deployed(std::move(deployment));
           },
       .subtask_ended =
           [ended = listener.ended](VertexId vertex, int index,
                                    absl::Status status) {
             ended({vertex, index}, std::move(status));
           },
       .stopped = listener.stopped});
  if (!started.ok()) listener.deployed(started);
}

void SimTaskHost::GiveSplits(JobExecution::GiveSplits given) {
  task_managers_.back()->Give(given.source, given.subtask,
                              {.splits = std::move(given.splits),
                               .no_more_splits = given.no_more_splits,
                               .hold_watermark = given.hold_watermark});
}

void SimTaskHost::TriggerCheckpoint(CheckpointId) {}
void SimTaskHost::CompleteCheckpoint(CheckpointId, bool) {}
void SimTaskHost::AbortCheckpoint(CheckpointId) {}
void SimTaskHost::Stop() { task_managers_.back()->Stop(); }

}  // namespace millrace::sim
