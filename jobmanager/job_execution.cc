#include "jobmanager/job_execution.h"

#include <utility>

namespace millrace {

absl::string_view ToString(JobState state) {
  switch (state) {
    case JobState::kCreated: return "CREATED";
    case JobState::kRunning: return "RUNNING";
    case JobState::kFailing: return "FAILING";
    case JobState::kFailed: return "FAILED";
    case JobState::kCancelling: return "CANCELLING";
    case JobState::kCanceled: return "CANCELED";
    case JobState::kFinished: return "FINISHED";
  }
  return "";
}

JobExecution::JobExecution(absl::btree_map<VertexId, Source> sources) {
  for (auto& [id, source] : sources) {
    sources_[id].source = std::move(source);
  }
}

std::vector<JobExecution::Action> JobExecution::Step(Event event) {
  std::vector<Action> actions;
  if (IsTerminal(state_)) return actions;
  std::visit([&](auto& part) { On(std::move(part), actions); }, event);
  return actions;
}

void JobExecution::On(Start, std::vector<Action>& actions) {
  if (state_ != JobState::kCreated) return;
  state_ = JobState::kRunning;
  actions.push_back(Deploy{});
}

void JobExecution::On(Deployed event, std::vector<Action>& actions) {
  if (deployed_) return;
  deployed_ = true;
  if (!event.status.ok()) {
    if (state_ == JobState::kRunning) {
      first_failure_ = std::move(event.status);
      state_ = JobState::kFailing;
    }
    EndStopping();
    return;
  }
  subtasks_left_ = event.subtasks;
  stoppers_left_ = event.stoppers;
  if (stop_when_deployed_) {
    actions.push_back(StopSubtasks{});
    return;
  }
  for (const auto& [id, source] : sources_) {
    actions.push_back(Discover{id, absl::ZeroDuration()});
  }
}

void JobExecution::On(SubtaskEnded event, std::vector<Action>& actions) {
  if (!event.status.ok()) {
    Fail(std::move(event.status), actions);
    return;
  }
  if (--subtasks_left_ == 0 && state_ == JobState::kRunning) {
    state_ = JobState::kFinished;
  }
}

void JobExecution::On(Stopped, std::vector<Action>&) {
  if (--stoppers_left_ == 0) EndStopping();
}

void JobExecution::On(SplitsRequested event, std::vector<Action>& actions) {
  if (state_ != JobState::kRunning) return;
  SourceState& source = sources_[event.source];
  if (!source.discovered) {
    source.early_requests.push_back(event.subtask);
    return;
  }
  if (source.no_more_splits) return;  // Every reader was told.
  Take(event.source, source.source.enumerator->OnRequest(event.subtask),
       actions);
}

void JobExecution::On(Discovered event, std::vector<Action>& actions) {
  if (state_ != JobState::kRunning) return;
  SourceState& source = sources_[event.source];
  if (!event.splits.ok()) {
    if (source.discovered && absl::IsUnavailable(event.splits.status())) {
      actions.push_back(Discover{event.source, kDiscoveryRetry});
    } else {
      Fail(event.splits.status(), actions);
    }
    return;
  }
  source.discovered = true;
  SplitEnumerator& enumerator = *source.source.enumerator;
  Take(event.source, enumerator.OnDiscovered(*std::move(event.splits)),
       actions);
  for (const int subtask : std::exchange(source.early_requests, {})) {
    if (source.no_more_splits) break;
    Take(event.source, enumerator.OnRequest(subtask), actions);
  }
}

void JobExecution::On(CancelAsked, std::vector<Action>& actions) {
  if (state_ == JobState::kCreated) {
    state_ = JobState::kCanceled;
  } else if (state_ == JobState::kRunning) {
    BeginStopping(JobState::kCancelling, actions);
  }
}

void JobExecution::Fail(absl::Status status, std::vector<Action>& actions) {
  if (state_ != JobState::kRunning) return;
  first_failure_ = std::move(status);
  BeginStopping(JobState::kFailing, actions);
}

void JobExecution::BeginStopping(JobState state,
                                 std::vector<Action>& actions) {
  state_ = state;
  if (deployed_) {
    actions.push_back(StopSubtasks{});
  } else {
    stop_when_deployed_ = true;
  }
}

void JobExecution::EndStopping() {
  if (state_ == JobState::kFailing) {
    state_ = JobState::kFailed;
  } else if (state_ == JobState::kCancelling) {
    state_ = JobState::kCanceled;
  }
}

void JobExecution::Take(VertexId id, SplitEnumerator::Actions decided,
                        std::vector<Action>& actions) {
  SourceState& source = sources_[id];
  std::vector<std::vector<Split>> given(source.source.parallelism);
  for (SplitEnumerator::Assignment& assignment : decided.assign) {
    given[assignment.subtask].push_back(std::move(assignment.split));
  }
  const bool tell_all =
      (decided.no_more_splits && !source.no_more_splits) ||
      decided.hold_watermark != source.hold_watermark;
  source.no_more_splits |= decided.no_more_splits;
  source.hold_watermark = decided.hold_watermark;
  for (int i = 0; i < source.source.parallelism; ++i) {
    if (given[i].empty() && !tell_all) continue;
    actions.push_back(GiveSplits{id, i, std::move(given[i]),
                                 source.no_more_splits,
                                 source.hold_watermark});
  }
  if (decided.discover_after != absl::InfiniteDuration()) {
    actions.push_back(Discover{id, decided.discover_after});
  }
}

}  // namespace millrace
