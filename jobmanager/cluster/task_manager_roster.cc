#include "jobmanager/cluster/task_manager_roster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

absl::Status Lost(const to_job_manager::Register& registration,
                  absl::string_view why) {
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "JOB-0120",
       .what = absl::StrCat("TaskManager '", registration.task_manager,
                            "' was lost"),
       .where = registration.data_address,
       .why = std::string(why),
       .fix = "The job goes on on the others, or when another one has come."});
}

}  // namespace

TaskManagerRoster::TaskManagerRoster(Options options)
    : options_(std::move(options)) {}

std::vector<TaskManagerRoster::Action> TaskManagerRoster::Step(
    Event event, absl::Duration now) {
  now_ = now;
  Actions actions;
  std::visit([&](auto& part) { On(std::move(part), actions); }, event);
  return actions;
}

absl::Duration TaskManagerRoster::WakeAt() const {
  absl::Duration oldest = absl::InfiniteDuration();
  for (const auto& [conversation, since] : silent_) {
    oldest = std::min(oldest, since);
  }
  for (const auto& [conversation, member] : members_) {
    oldest = std::min(oldest, member.last_heard);
  }
  return oldest + options_.heartbeat_timeout;
}

const ConversationId* TaskManagerRoster::Find(
    const std::string& task_manager) const {
  const auto found = by_name_.find(task_manager);
  return found == by_name_.end() ? nullptr : &found->second;
}

void TaskManagerRoster::On(Opened event, Actions&) {
  silent_.emplace(event.conversation, now_);
}

absl::Status TaskManagerRoster::Check(
    const to_job_manager::Register& registration) const {
  const std::string where =
      absl::StrCat("TaskManager '", registration.task_manager, "'");
  if (registration.cluster != options_.cluster) {
    return UserError(
        {.code = "JOB-0121",
         .what = absl::StrCat("this JobManager is of cluster '",
                              options_.cluster, "', not of '",
                              registration.cluster, "'"),
         .where = where,
         .why = "",
         .fix = "Set high-availability.cluster-id to the same on both, or "
                "jobmanager.rpc.address to the JobManager that is meant."});
  }
  if (registration.version != options_.version) {
    return UserError(
        {.code = "JOB-0122",
         .what = absl::StrCat("this JobManager is millrace ",
                              options_.version, ", not ",
                              registration.version),
         .where = where,
         .why = "what follows '+data.' is the format of rows between "
                "TaskManagers",
         .fix = "Run one version in a cluster, of one build."});
  }
  if (registration.task_manager.empty() || registration.slots < 1) {
    return UserError({.code = "JOB-0123",
                      .what = "a TaskManager needs a name and a slot",
                      .where = where,
                      .why = absl::StrCat("it has ", registration.slots,
                                          " slots"),
                      .fix = "Set taskmanager.numberOfTaskSlots to 1 or "
                             "more."});
  }
  return absl::OkStatus();
}

void TaskManagerRoster::On(Registered event, Actions& actions) {
  // A second registration in one conversation says nothing new.
  if (silent_.erase(event.conversation) == 0) return;
  if (absl::Status refusal = Check(event.registration); !refusal.ok()) {
    actions.emplace_back(Refuse{event.conversation, std::move(refusal)});
    return;
  }
  const std::string& name = event.registration.task_manager;
  if (const ConversationId* before = Find(name); before != nullptr) {
    const bool same =
        members_.at(*before).registration.life == event.registration.life;
    Remove(*before,
           absl::UnavailableError(same ? "it had to connect again"
                                       : "its process was started anew"),
           actions);
  }
  by_name_[name] = event.conversation;
  members_[event.conversation] = {.registration =
                                      std::move(event.registration),
                                  .last_heard = now_};
  actions.emplace_back(Accept{event.conversation});
  actions.emplace_back(Joined{event.conversation});
}

void TaskManagerRoster::On(Heard event, Actions& actions) {
  const auto member = members_.find(event.conversation);
  if (member == members_.end()) return;
  member->second.last_heard = now_;
  if (event.is_heartbeat) actions.emplace_back(Greet{event.conversation});
}

void TaskManagerRoster::On(Draining event, Actions& actions) {
  const auto member = members_.find(event.conversation);
  if (member == members_.end() || member->second.draining) return;
  member->second.draining = true;
  actions.emplace_back(
      Drains{event.conversation, member->second.registration.task_manager});
}

void TaskManagerRoster::On(Closed event, Actions& actions) {
  silent_.erase(event.conversation);
  const auto member = members_.find(event.conversation);
  if (member == members_.end()) return;
  Remove(event.conversation,
         member->second.draining
             ? absl::UnavailableError("it was told to end")
             : absl::UnavailableError(
                   absl::StrCat("its connection ended: ",
                                event.status.message())),
         actions);
}

void TaskManagerRoster::On(Dropped event, Actions& actions) {
  Remove(event.conversation, event.status, actions);
}

void TaskManagerRoster::On(Tick, Actions& actions) {
  const absl::Duration oldest = now_ - options_.heartbeat_timeout;
  std::vector<ConversationId> dead;
  for (const auto& [conversation, member] : members_) {
    if (member.last_heard <= oldest) dead.push_back(conversation);
  }
  for (const ConversationId conversation : dead) {
    Remove(conversation,
           absl::UnavailableError(absl::StrCat(
               "nothing was heard of it for ",
               absl::FormatDuration(options_.heartbeat_timeout))),
           actions);
  }
  std::erase_if(silent_, [&](const auto& silent) {
    if (silent.second > oldest) return false;
    actions.emplace_back(HangUp{silent.first});
    return true;
  });
}

void TaskManagerRoster::Remove(ConversationId conversation,
                               const absl::Status& why, Actions& actions) {
  const auto member = members_.find(conversation);
  if (member == members_.end()) return;
  const to_job_manager::Register& registration = member->second.registration;
  actions.emplace_back(HangUp{conversation});
  actions.emplace_back(Left{conversation, registration.task_manager,
                         Lost(registration, why.message())});
  by_name_.erase(registration.task_manager);
  members_.erase(member);
}

}  // namespace millrace
