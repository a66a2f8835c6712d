#include "jobmanager/cluster/job_board.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

// Flink's name of what subtasks do while the job is in a state; empty: as they
// are.
absl::string_view SubtasksIn(JobState state) {
  switch (state) {
    case JobState::kCancelling:
    case JobState::kFailing: return "CANCELING";
    case JobState::kCanceled:
    case JobState::kRestarting:
    case JobState::kFailed: return "CANCELED";
    default: return "";
  }
}

bool HasEnded(const SubtaskView& subtask) {
  return subtask.ended_at != absl::InfiniteFuture();
}

}  // namespace

JobBoard::JobBoard(const RegisteredJob& job,
                   std::shared_ptr<const JobPlan> plan) {
  view_.job_id = job.job_id;
  view_.plan = std::move(plan);
  view_.started_at = absl::FromUnixMillis(job.submitted_ms);
  Enter(JobState::kCreated, view_.started_at);
}

JobBoard::JobBoard(const EndedJob& ended, std::shared_ptr<const JobPlan> plan)
    : JobBoard(ended.job, std::move(plan)) {
  const absl::Time at = absl::FromUnixMillis(ended.ended_ms);
  Enter(ended.state, at);
  view_.ended_at = at;
  if (!ended.failure.ok()) AddFailure({.status = ended.failure, .at = at});
}

void JobBoard::Enter(JobState state, absl::Time now) {
  view_.state = state;
  view_.entered[std::string(ToString(state))] = now;
}

void JobBoard::OnState(JobState state, const absl::Status& failure,
                       absl::Time now) {
  if (state == JobState::kRunning && !was_up_) return;
  if (!failure.ok() && !failure_noted_) {
    AddFailure({.status = failure, .at = now});
  }
  Enter(state, now);
  const absl::string_view subtasks = SubtasksIn(state);
  if (IsTerminal(state)) {
    view_.ended_at = now;
    view_.waits_for.clear();
  }
  if (subtasks.empty()) return;
  for (SubtaskView& subtask : view_.subtasks) {
    if (HasEnded(subtask)) continue;
    subtask.state = subtasks;
    if (IsTerminal(state)) subtask.ended_at = now;
  }
}

void JobBoard::OnDeploying(int64_t attempt) {
  view_.attempt = attempt;
  view_.restarts = attempts_++;
  failure_noted_ = false;
}

void JobBoard::OnNotDeployed(const absl::Status& failure, absl::Time now) {
  view_.waits_for.clear();
  if (failure_noted_ || absl::IsCancelled(failure)) return;
  AddFailure({.status = failure, .at = now});
}

void JobBoard::OnUp(const std::vector<Placed>& subtasks, absl::Time now) {
  view_.waits_for.clear();
  view_.subtasks.clear();
  for (const Placed& placed : subtasks) {
    view_.subtasks.push_back({.id = placed.subtask,
                              .state = "RUNNING",
                              .task_manager = placed.task_manager,
                              .started_at = now});
  }
  if (!std::exchange(was_up_, true) && view_.state == JobState::kCreated) {
    Enter(JobState::kRunning, now);
  }
}

void JobBoard::OnEnded(SubtaskId id, const absl::Status& status,
                       absl::Time now) {
  SubtaskView* const subtask = Find(id);
  if (subtask == nullptr || HasEnded(*subtask)) return;
  subtask->ended_at = now;
  subtask->state = status.ok() ? "FINISHED" : "FAILED";
  if (status.ok() || failure_noted_) return;
  AddFailure({.status = status,
              .at = now,
              .task = TaskName(id),
              .task_manager = subtask->task_manager});
}

void JobBoard::OnReport(SubtaskReport report) {
  if (SubtaskView* const subtask = Find(report.subtask)) {
    subtask->counted = std::move(report);
  }
}

void JobBoard::OnCheckpoints(const CheckpointStats& stats) {
  const CheckpointStats& before = view_.checkpoints;
  const bool is_new = stats.begun != before.begun ||
                      stats.completed != before.completed ||
                      stats.failed != before.failed;
  auto& history = view_.checkpoint_history;
  if (is_new) {
    // Its end stands for its beginning.
    if (!history.empty() &&
        history.back().outcome == CheckpointReport::Outcome::kBegun) {
      history.pop_back();
    }
    history.push_back(stats.latest);
    if (history.size() > kMostCheckpoints) history.erase(history.begin());
  }
  view_.checkpoints = stats;
}

void JobBoard::OnFinishLine(std::string line) {
  view_.finish_lines.push_back(std::move(line));
}

// The first cause stays, whatever follows.
void JobBoard::AddFailure(FailureView failure) {
  failure_noted_ = true;
  auto& failures = view_.failures;
  failures.push_back(std::move(failure));
  if (failures.size() > kMostFailures) failures.erase(failures.begin() + 1);
}

std::string JobBoard::TaskName(SubtaskId subtask) const {
  const auto& vertices = view_.plan->vertices;
  const size_t place = subtask.vertex.value();
  if (place >= vertices.size()) return "";
  return absl::StrCat(vertices[place].name, " (", subtask.index + 1, "/",
                      vertices[place].parallelism, ")");
}

SubtaskView* JobBoard::Find(SubtaskId id) {
  const auto found =
      std::find_if(view_.subtasks.begin(), view_.subtasks.end(),
                   [&](const SubtaskView& view) { return view.id == id; });
  return found == view_.subtasks.end() ? nullptr : &*found;
}

}  // namespace millrace
