#include "jobmanager/cluster/attempt_deployment.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/error.h"

namespace millrace {

AttemptDeployment::AttemptDeployment(Options options)
    : options_(std::move(options)), processes_(options_.names.size()) {}

std::vector<AttemptDeployment::Action> AttemptDeployment::Step(
    Event event, absl::Duration now) {
  now_ = now;
  Actions actions;
  if (is_over()) return actions;
  std::visit([&](auto& part) { On(std::move(part), actions); }, event);
  return actions;
}

absl::Duration AttemptDeployment::WakeAt() const {
  absl::Duration at = absl::InfiniteDuration();
  if (is_over()) return at;
  if (phase_ == Phase::kDeploying || phase_ == Phase::kFailing) at = deploy_by_;
  for (const Process& process : processes_) {
    if (!process.gone) at = std::min(at, process.stop_by);
  }
  return at;
}

int AttemptDeployment::process_of(int subtask) const {
  return options_.process_of_slot[subtask % options_.process_of_slot.size()];
}

void AttemptDeployment::On(Begin, Actions& actions) {
  if (phase_ != Phase::kNew) return;
  phase_ = Phase::kDeploying;
  deploy_by_ = now_ + options_.deploy_limit;
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i) {
    actions.emplace_back(SendDeploy{i});
  }
}

void AttemptDeployment::On(Stop, Actions& actions) {
  if (phase_ != Phase::kUp) return;
  phase_ = Phase::kStopping;
  for (const Process& process : processes_) {
    if (process.gone) actions.emplace_back(SayStopped{});
  }
  StopAll(actions);
}

void AttemptDeployment::On(GiveUp event, Actions& actions) {
  if (phase_ == Phase::kNew) {
    phase_ = Phase::kOver;
    actions.emplace_back(SayDeployed{.deployment = std::move(event.why)});
  } else if (phase_ == Phase::kDeploying) {
    Fail(std::move(event.why), actions);
  }
}

void AttemptDeployment::On(JobExecution::GiveSplits event, Actions& actions) {
  const int process = process_of(event.subtask);
  if (processes_[process].gone) return;
  actions.emplace_back(Send{
      process, to_task_manager::GiveSplits{
                   .attempt = options_.attempt,
                   .source = event.source,
                   .subtask = event.subtask,
                   .splits = std::move(event.splits),
                   .no_more_splits = event.no_more_splits,
                   .hold_watermark = event.hold_watermark}});
}

void AttemptDeployment::On(to_task_manager::DrainSources event,
                           Actions& actions) {
  SendAll(event, actions);
}

void AttemptDeployment::On(to_task_manager::Trigger event, Actions& actions) {
  SendAll(event, actions);
}

void AttemptDeployment::On(to_task_manager::Complete event,
                           Actions& actions) {
  SendAll(event, actions);
}

void AttemptDeployment::On(to_task_manager::Abort event, Actions& actions) {
  SendAll(event, actions);
}

void AttemptDeployment::On(Said event, Actions& actions) {
  const bool answers =
      std::holds_alternative<to_job_manager::Deployed>(event.message) ||
      std::holds_alternative<to_job_manager::Stopped>(event.message);
  if (phase_ == Phase::kDeploying && !answers) {
    early_.push_back(std::move(event));
    return;
  }
  std::visit(
      [&](auto& message) {
        Hear(event.process, std::move(message), actions);
      },
      event.message);
}

void AttemptDeployment::Hear(int number, to_job_manager::Deployed message,
                             Actions& actions) {
  Process& process = processes_[number];
  if (process.answered || process.gone) return;
  if (!message.status.ok()) {
    process.gone = true;
    absl::Status why = Annotate(
        message.status,
        absl::StrCat("TaskManager '", options_.names[number], "'"));
    if (phase_ == Phase::kDeploying) {
      Fail(std::move(why), actions);
    } else {
      Leave(number, why, actions);
    }
    return;
  }
  process.answered = true;
  if (phase_ == Phase::kFailing || phase_ == Phase::kStopping) {
    process.stop_by = now_ + kStopLimit;
  }
  if (phase_ != Phase::kDeploying) return;
  process.running.insert(message.subtasks.begin(), message.subtasks.end());
  restored_ = {.kept = message.kept_states,
               .fresh = message.new_states,
               .dropped = std::move(message.dropped_states)};
  const auto append = [](const auto& from, auto& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(message.subtasks, deployment_.subtasks);
  append(message.roots, deployment_.roots);
  if (std::all_of(processes_.begin(), processes_.end(),
                  [](const Process& each) { return each.answered; })) {
    SayUp(actions);
  }
}

void AttemptDeployment::SayUp(Actions& actions) {
  phase_ = Phase::kUp;
  deployment_.stoppers = static_cast<int>(processes_.size());
  std::sort(deployment_.subtasks.begin(), deployment_.subtasks.end());
  std::sort(deployment_.roots.begin(), deployment_.roots.end());
  actions.emplace_back(SayDeployed{deployment_, restored_});
  for (Said& early : std::exchange(early_, {})) On(std::move(early), actions);
}

void AttemptDeployment::Hear(int number, to_job_manager::Stopped,
                             Actions& actions) {
  Leave(number,
        MakeError(absl::StatusCode::kUnavailable,
                  {.code = "JOB-0124",
                   .what = absl::StrCat("TaskManager '",
                                        options_.names[number],
                                        "' has stopped the job's subtasks"),
                   .where = "",
                   .why = "it had not heard of a JobManager for long, or it "
                          "was told to end",
                   .fix = "The job goes on from its latest checkpoint."}),
        actions);
}

void AttemptDeployment::Hear(int number, to_job_manager::Drained message,
                             Actions& actions) {
  Process& process = processes_[number];
  if (!process.running.contains(message.subtask) ||
      !process.drained.insert(message.subtask).second) {
    return;
  }
  actions.emplace_back(SayDrained{message.subtask});
}

void AttemptDeployment::Hear(int number, to_job_manager::Ended message,
                             Actions& actions) {
  if (processes_[number].running.erase(message.subtask) == 0) return;
  actions.emplace_back(
      SayEnded{message.subtask, std::move(message.status), number});
}

void AttemptDeployment::Hear(int number,
                             to_job_manager::SplitsRequested message,
                             Actions& actions) {
  const SubtaskId source = {message.source, message.subtask};
  const auto& roots = deployment_.roots;
  if (process_of(message.subtask) != number ||
      std::find(roots.begin(), roots.end(), source) == roots.end()) {
    return;
  }
  actions.emplace_back(SayRequested{message.source, message.subtask});
}

void AttemptDeployment::Hear(int, to_job_manager::Acknowledged message,
                             Actions& actions) {
  actions.emplace_back(SayAcknowledged{std::move(message.acknowledgement)});
}

void AttemptDeployment::On(Lost event, Actions& actions) {
  Leave(event.process, event.status, actions);
}

void AttemptDeployment::On(Draining event, Actions& actions) {
  if (phase_ == Phase::kDeploying) {
    Fail(std::move(event.status), actions);
    return;
  }
  Process& process = processes_[event.process];
  if (phase_ != Phase::kUp || process.gone || process.running.empty()) return;
  // The first failure moves the whole attempt; the others would be echoes.
  actions.emplace_back(SayEnded{*process.running.begin(),
                             std::move(event.status), event.process});
}

void AttemptDeployment::On(Tick, Actions& actions) {
  if ((phase_ == Phase::kDeploying || phase_ == Phase::kFailing) &&
      now_ >= deploy_by_) {
    LeaveTheSlow(actions);
    if (is_over()) return;
  }
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i) {
    Process& process = processes_[i];
    if (process.gone || now_ < process.stop_by) continue;
    process.stop_by = absl::InfiniteDuration();
    actions.emplace_back(HangUp{
        i, absl::UnavailableError(absl::StrCat(
               "it did not stop a job's subtasks within ",
               absl::FormatDuration(kStopLimit)))});
  }
}

void AttemptDeployment::LeaveTheSlow(Actions& actions) {
  std::vector<std::string> slow;
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i) {
    if (processes_[i].answered || processes_[i].gone) continue;
    slow.push_back(absl::StrCat("'", options_.names[i], "'"));
    actions.emplace_back(Send{i, to_task_manager::Stop{options_.attempt}});
    processes_[i].gone = true;
  }
  deploy_by_ = absl::InfiniteDuration();
  if (phase_ == Phase::kFailing) {
    if (AllGone()) Leave(0, failure_, actions);
    return;
  }
  Fail(MakeError(
           absl::StatusCode::kDeadlineExceeded,
           {.code = "JOB-0141",
            .what = absl::StrCat(
                "the job was not deployed within ",
                absl::FormatDuration(options_.deploy_limit)),
            .where = absl::StrCat("TaskManager ", absl::StrJoin(slow, ", ")),
            .why = "a call of a source, a sink or a disk does not return, or "
                   "its state takes longer to be read",
            .fix = "See to what the job's tables lie on; raise "
                   "execution.deployment-timeout for a state that is so "
                   "large."}),
       actions);
}

void AttemptDeployment::Fail(absl::Status why, Actions& actions) {
  phase_ = Phase::kFailing;
  failure_ = std::move(why);
  early_.clear();
  StopAll(actions);
}

void AttemptDeployment::StopAll(Actions& actions) {
  if (AllGone()) {
    Leave(0, absl::OkStatus(), actions);
    return;
  }
  for (Process& process : processes_) {
    if (process.answered) process.stop_by = now_ + kStopLimit;
  }
  SendAll(to_task_manager::Stop{options_.attempt}, actions);
}

// Nothing of the attempt runs in the process any more.
void AttemptDeployment::Leave(int number, const absl::Status& why,
                              Actions& actions) {
  Process& process = processes_[number];
  const bool left_now = !std::exchange(process.gone, true);
  switch (phase_) {
    case Phase::kDeploying:
      Fail(why, actions);
      return;
    case Phase::kUp:
      for (const SubtaskId& subtask : std::exchange(process.running, {})) {
        actions.emplace_back(SayEnded{subtask, why, number});
      }
      return;
    case Phase::kStopping:
      if (left_now) actions.emplace_back(SayStopped{});
      if (AllGone()) phase_ = Phase::kOver;
      return;
    case Phase::kFailing:
      if (!AllGone()) return;
      phase_ = Phase::kOver;
      actions.emplace_back(SayDeployed{.deployment = failure_});
      return;
    default:
      return;
  }
}

void AttemptDeployment::SendAll(const to_task_manager::Message& message,
                                Actions& actions) {
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i) {
    if (!processes_[i].gone) actions.emplace_back(Send{i, message});
  }
}

bool AttemptDeployment::AllGone() const {
  return std::all_of(processes_.begin(), processes_.end(),
                     [](const Process& process) { return process.gone; });
}

}  // namespace millrace
