#include "jobmanager/cluster/leader_term.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {

namespace jm = to_job_manager;
namespace tm = to_task_manager;

namespace {

// Of the roster's defaults, said to each TaskManager.
const TaskManagerRoster::Options kTiming;

// None has this number.
constexpr ConversationId kGone(0);

absl::Status DrainingStatus(const std::string& task_manager) {
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "JOB-0125",
       .what = absl::StrCat("TaskManager '", task_manager,
                            "' is being shut down"),
       .where = "",
       .why = "",
       .fix = "The job goes on on the others, or when another one has come."});
}

}  // namespace

LeaderTerm::LeaderTerm(Environment environment)
    : environment_(std::move(environment)),
      registry_(std::make_shared<JobRegistry>(
          JobRegistry::Options{.records = environment_.hosting.records,
                               .plans = environment_.plans,
                               .term = environment_.term,
                               .most_ended = environment_.most_ended})),
      roster_({.cluster = environment_.cluster,
               .version = environment_.version}),
      history_(environment_.most_ended) {
  for (const auto& [key, value] : environment_.hosting.config) {
    config_.emplace_back(key, value);
  }
}

LeaderTerm::~LeaderTerm() {
  for (auto& [id, job] : jobs_) {
    if (std::shared_ptr<HostedJob> hosted = job->TakeHosted()) {
      hosted->Abandon();
      environment_.reaper->Post([hosted = std::move(hosted)]() mutable {
        hosted.reset();
      });
    }
  }
}

absl::Duration LeaderTerm::Now() const {
  return absl::Nanoseconds(environment_.hosting.clock->SteadyNanos());
}

void LeaderTerm::OnOpened(ConversationId conversation) {
  Step(TaskManagerRoster::Opened{conversation});
}

void LeaderTerm::OnClosed(ConversationId conversation, absl::Status status) {
  Step(TaskManagerRoster::Closed{conversation, std::move(status)});
}

void LeaderTerm::OnSaid(ConversationId conversation, jm::Message message) {
  if (auto* registration = std::get_if<jm::Register>(&message)) {
    Step(TaskManagerRoster::Registered{conversation,
                                       std::move(*registration)});
    return;
  }
  if (!roster_.members().contains(conversation)) return;
  Step(TaskManagerRoster::Heard{
      conversation, std::holds_alternative<jm::Heartbeat>(message)});
  std::visit(
      [&](auto& part) {
        using Part = std::decay_t<decltype(part)>;
        if constexpr (std::is_same_v<Part, jm::Heartbeat>) {
          OnHeartbeat(conversation, std::move(part));
        } else if constexpr (std::is_same_v<Part, jm::Draining>) {
          Step(TaskManagerRoster::Draining{conversation});
        } else if constexpr (!std::is_same_v<Part, jm::Register>) {
          const AttemptRef attempt = part.attempt;
          OnAboutAttempt(conversation, attempt, std::move(part));
        }
      },
      message);
}

// What an attempt says that is not the present one concerns nobody: the
// heartbeat after it has it stopped.
void LeaderTerm::OnAboutAttempt(ConversationId conversation,
                                const AttemptRef& attempt,
                                jm::Message message) {
  ClusterJob* const job = Find(attempt.job_id);
  if (job == nullptr || !job->IsPresent(attempt)) return;
  changed_ |= !std::holds_alternative<jm::SplitsRequested>(message);
  job->OnSaid(conversation, std::move(message));
}

void LeaderTerm::OnHeartbeat(ConversationId conversation,
                             jm::Heartbeat heartbeat) {
  seen_[conversation] = {
      .last_heartbeat_at = environment_.hosting.clock->Now(),
      .memory_used_bytes = heartbeat.memory_used_bytes};
  changed_ = true;
  for (jm::Heartbeat::Attempt& reported : heartbeat.attempts) {
    ClusterJob* const job = Find(reported.attempt.job_id);
    if (job == nullptr || !job->IsPresent(reported.attempt)) {
      environment_.send(conversation, tm::Stop{reported.attempt});
      continue;
    }
    for (SubtaskReport& report : reported.subtasks) {
      job->board().OnReport(std::move(report));
    }
  }
}

void LeaderTerm::Step(TaskManagerRoster::Event event) {
  for (TaskManagerRoster::Action& action :
       roster_.Step(std::move(event), Now())) {
    std::visit([this](auto& part) { Do(std::move(part)); }, action);
  }
}

void LeaderTerm::Do(TaskManagerRoster::Accept action) {
  environment_.send(action.conversation,
                    tm::Registered{environment_.term,
                                   kTiming.heartbeat_interval,
                                   kTiming.heartbeat_timeout});
}

void LeaderTerm::Do(TaskManagerRoster::Refuse action) {
  environment_.log(std::string(action.status.message()));
  environment_.send(action.conversation, tm::Refused{action.status});
  environment_.part(action.conversation);
}

void LeaderTerm::Do(TaskManagerRoster::Greet action) {
  environment_.send(action.conversation, tm::Alive{});
}

void LeaderTerm::Do(TaskManagerRoster::HangUp action) {
  environment_.hang_up(action.conversation);
}

void LeaderTerm::Do(TaskManagerRoster::Joined action) {
  changed_ = true;
  seen_[action.conversation].last_heartbeat_at =
      environment_.hosting.clock->Now();
  const jm::Register& who =
      roster_.members().at(action.conversation).registration;
  environment_.log(absl::StrCat("TaskManager '", who.task_manager, "' at ",
                                who.data_address, " has come, with ",
                                who.slots,
                                who.slots == 1 ? " slot" : " slots"));
  StepSlots(SlotScheduler::Joined{who.task_manager, who.slots});
}

void LeaderTerm::Do(TaskManagerRoster::Left action) {
  changed_ = true;
  environment_.log(std::string(action.status.message()));
  seen_.erase(action.conversation);
  StepSlots(SlotScheduler::Left{action.task_manager});
  for (auto& [id, job] : jobs_) {
    job->OnLost(action.conversation, action.status);
  }
}

void LeaderTerm::Do(TaskManagerRoster::Drains action) {
  changed_ = true;
  StepSlots(SlotScheduler::Drains{action.task_manager});
  const absl::Status status = DrainingStatus(action.task_manager);
  for (auto& [id, job] : jobs_) {
    job->OnDraining(action.conversation, status);
  }
}

void LeaderTerm::StepSlots(SlotScheduler::Event event) {
  for (SlotScheduler::Action& action : slots_.Step(std::move(event))) {
    std::visit([this](auto& part) { Do(std::move(part)); }, action);
  }
}

void LeaderTerm::Do(SlotScheduler::Grant action) {
  changed_ = true;
  ClusterJob* const job = Find(action.job);
  if (job == nullptr) return;
  std::vector<ClusterJob::Place> places;
  bool all_there = true;
  for (const std::string& name : action.task_manager_of_slot) {
    if (const ConversationId* const conversation = roster_.Find(name)) {
      places.push_back(
          {*conversation, roster_.members().at(*conversation).registration});
    } else {
      all_there = false;
      places.push_back({kGone, {.task_manager = name}});
    }
  }
  job->OnSlots(places);
  // Of several that are lost at once the first one's slots are dealt with
  // before the others are known to be gone.
  if (!all_there) {
    job->OnLost(kGone, absl::UnavailableError(
                           "a TaskManager was lost before it was deployed to"));
  }
}

void LeaderTerm::Do(SlotScheduler::Waits action) {
  changed_ = true;
  if (ClusterJob* const job = Find(action.job)) {
    job->board().OnWaits(std::move(action.for_what));
  }
}

void LeaderTerm::Tick() {
  const absl::Duration now = Now();
  if (now >= roster_.WakeAt()) Step(TaskManagerRoster::Tick{});
  for (auto& [id, job] : jobs_) job->OnTick(now);
  if (now >= again_at_) TryAgain();
}

absl::Duration LeaderTerm::WakeAt() const {
  absl::Duration due = std::min(roster_.WakeAt(), again_at_);
  for (const auto& [id, job] : jobs_) due = std::min(due, job->WakeAt());
  return due;
}

ClusterView LeaderTerm::View() const {
  // Before the jobs are known, none may be said to be gone.
  ClusterView view = {.leads = taken_, .term = environment_.term};
  for (const auto& [conversation, member] : roster_.members()) {
    const Seen& seen = seen_.at(conversation);
    view.task_managers.push_back(
        {.registered = member.registration,
         .address = member.registration.data_address,
         .last_heartbeat_at = seen.last_heartbeat_at,
         .free_slots = slots_.slots_free(member.registration.task_manager),
         .memory_used_bytes = seen.memory_used_bytes,
         .draining = member.draining});
  }
  std::vector<const ClusterJob*> running;
  for (const auto& [id, job] : jobs_) {
    if (job->is_registered()) running.push_back(job.get());
  }
  std::sort(running.begin(), running.end(),
            [](const ClusterJob* a, const ClusterJob* b) {
              return a->registered().order > b->registered().order;
            });
  for (const ClusterJob* job : running) {
    view.jobs.push_back(job->board().view());
  }
  const auto& ended = history_.jobs();
  view.jobs.insert(view.jobs.end(), ended.begin(), ended.end());
  return view;
}

}  // namespace millrace
