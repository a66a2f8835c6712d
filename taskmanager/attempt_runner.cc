#include "taskmanager/attempt_runner.h"

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

AttemptRunner::AttemptRunner(Options options)
    : options_(std::move(options)),
      halted_([this] { waker_.Wake(); }),
      task_manager_(options_.placement, options_.environment.clock,
                    options_.one_thread == nullptr
                        ? LocalTaskManager::Threads::kOwn
                        : LocalTaskManager::Threads::kNone),
      connectors_(MakeExecutor(options_.one_thread, kConnectorThreads)),
      uploads_(MakeExecutor(options_.one_thread, kUploadThreads)),
      stores_(MakeExecutor(options_.one_thread, kStoreThreads)) {}

AttemptRunner::~AttemptRunner() {
  if (started_) {
    RemoveLoops();
    if (!stop_asked_) task_manager_.Stop();
    WaitUntilHalted();
  }
  // No subtask uses a channel any more, and its workers can still be woken.
  options_.remote.reset();
}

absl::Status AttemptRunner::FillIn(SubtaskEnvironment& environment) {
  environment.background = connectors_.get();
  environment.uploads = uploads_.get();
  environment.remote = options_.remote.get();
  const StateBackends backends = {.config = options_.backend,
                                  .folder = options_.local_folder,
                                  .disk = environment.disk,
                                  .memory = environment.memory,
                                  .executor = stores_.get(),
                                  .restore = environment.restore.get(),
                                  .open_store = options_.open_store};
  ASSIGN_OR_RETURN(environment.make_backend, backends.MakeMaker());
  return absl::OkStatus();
}

absl::Status AttemptRunner::Start(const JobPlan& plan, Callbacks callbacks) {
  SubtaskEnvironment environment = options_.environment;
  RETURN_IF_ERROR(FillIn(environment));
  const auto built = [this, say = std::move(callbacks.built)](
                         const std::vector<Counters>& counters) {
    for (const Counters& subtask : counters) {
      const SubtaskId id = {subtask.vertices.front(), subtask.index};
      subtasks_.push_back(id);
      if (subtask.is_root) roots_.push_back(id);
    }
    started_ = true;
    say(counters);
  };
  RETURN_IF_ERROR(task_manager_.Start(
      plan, std::move(environment),
      {.built = built,
       .subtask_ended =
           [ended = std::move(callbacks.ended)](VertexId vertex, int index,
                                                absl::Status status) {
             ended({vertex, index}, std::move(status));
           },
       .stopped =
           [this, stopped = std::move(callbacks.stopped)] {
             const bool is_last =
                 halted_numbers_.Next() == task_manager_.slots() - 1;
             if (is_last && stop_asked_) stopped();
             halted_.Post(1);
           }}));
  AddLoops();
  return absl::OkStatus();
}

void AttemptRunner::AddLoops() {
  if (options_.one_thread == nullptr) return;
  for (int i = 0; i < task_manager_.slots(); ++i) {
    Worker* const worker = task_manager_.worker(i);
    options_.one_thread->AddLoop(worker->waker(),
                                 [worker] { return worker->RunOnce(); });
  }
}

void AttemptRunner::RemoveLoops() {
  if (options_.one_thread == nullptr) return;
  for (int i = 0; i < task_manager_.slots(); ++i) {
    options_.one_thread->RemoveLoop(task_manager_.worker(i)->waker());
  }
}

void AttemptRunner::Trigger(const TriggerCommand& command) {
  // Those with an input are told that it is on its way (BarrierListener).
  for (const SubtaskId& subtask : subtasks_) {
    task_manager_.Trigger(subtask, command);
  }
}

void AttemptRunner::DrainSources() {
  // Those with an input too (BarrierListener).
  for (const SubtaskId& subtask : subtasks_) task_manager_.Drain(subtask);
}

void AttemptRunner::Complete(CheckpointId checkpoint, bool final) {
  for (const SubtaskId& subtask : subtasks_) {
    task_manager_.Complete(subtask, checkpoint, final);
  }
}

void AttemptRunner::Abort(CheckpointId checkpoint) {
  for (const SubtaskId& subtask : subtasks_) {
    task_manager_.Abort(subtask, checkpoint);
  }
}

void AttemptRunner::Stop() {
  if (stop_asked_) return;
  stop_asked_ = true;
  task_manager_.Stop();
}

void AttemptRunner::WaitUntilHalted() {
  int left = task_manager_.slots();
  while (true) {
    waker_.BeginTurn();
    left -= static_cast<int>(halted_.TakeAll().size());
    if (left <= 0) return;
    if (options_.one_thread != nullptr) {
      for (int i = 0; i < task_manager_.slots(); ++i) {
        task_manager_.worker(i)->RunOnce();
      }
    } else {
      waker_.Wait(INT64_MAX);
    }
  }
}

}  // namespace millrace
