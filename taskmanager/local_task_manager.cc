#include "taskmanager/local_task_manager.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {

LocalTaskManager::LocalTaskManager(Placement placement, const Clock* clock,
                                   Threads threads)
    : placement_(std::move(placement)), threads_(threads) {
  const size_t slots = placement_.SlotsHere().size();
  MILLRACE_CHECK(slots > 0);
  for (size_t i = 0; i < slots; ++i) {
    workers_.push_back(std::make_unique<Worker>(clock));
  }
}

LocalTaskManager::~LocalTaskManager() { workers_.clear(); }

absl::Status LocalTaskManager::Start(const JobPlan& plan,
                                     SubtaskEnvironment environment,
                                     Callbacks callbacks) {
  callbacks_ = std::move(callbacks);
  environment.placement = placement_;
  for (const auto& worker : workers_) {
    environment.workers.push_back(worker->waker());
  }
  ASSIGN_OR_RETURN(fragment_, BuildSubtasks(plan, environment));
  std::vector<SubtaskCounters> counters;
  for (Subtask& subtask : fragment_->subtasks) {
    counters.push_back({subtask.vertices, subtask.index, subtask.is_root,
                        subtask.metrics, subtask.operators});
    inboxes_[subtask.id()] = subtask.inbox.get();
  }
  for (Subtask& subtask : fragment_->subtasks) {
    workers_[subtask.worker]->Add(
        {.group = kOnlyGroup,
         .tasklet = std::move(subtask.tasklet),
         .on_end = [ended = callbacks_.subtask_ended,
                    vertex = subtask.vertices.front(),
                    index = subtask.index](absl::Status status) {
           ended(vertex, index, std::move(status));
         }});
  }
  callbacks_.built(counters);
  if (threads_ == Threads::kOwn) {
    for (const auto& worker : workers_) worker->Start();
  }
  return absl::OkStatus();
}

void LocalTaskManager::Give(SubtaskId source, SplitCommand command) {
  Post(source, std::move(command));
}

void LocalTaskManager::Trigger(SubtaskId subtask,
                               const TriggerCommand& command) {
  Post(subtask, command);
}

void LocalTaskManager::Drain(SubtaskId subtask) {
  Post(subtask, DrainCommand{});
}

void LocalTaskManager::Complete(SubtaskId subtask, CheckpointId checkpoint,
                                bool final) {
  Post(subtask, CompleteCommand{checkpoint, final});
}

void LocalTaskManager::Abort(SubtaskId subtask, CheckpointId checkpoint) {
  Post(subtask, AbortCommand{checkpoint});
}

void LocalTaskManager::Post(SubtaskId subtask, SubtaskCommand command) {
  const auto inbox = inboxes_.find(subtask);
  if (inbox != inboxes_.end()) inbox->second->Post(std::move(command));
}

void LocalTaskManager::Stop() {
  for (const auto& worker : workers_) {
    worker->Drop(kOnlyGroup, callbacks_.stopped);
  }
}

}  // namespace millrace
