#include "taskmanager/attempt_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {

using ledger::Build;
using ledger::Dial;
using ledger::Exit;
using ledger::Halt;
using ledger::HangUp;
using ledger::Release;
using ledger::Say;
using ledger::Send;
using ledger::SendHeartbeat;
using ledger::Tell;

namespace {

int SlotsOf(const to_task_manager::Deploy& deploy) {
  return static_cast<int>(std::count(deploy.process_of_slot.begin(),
                                     deploy.process_of_slot.end(),
                                     deploy.self));
}

to_job_manager::Deployed Refusal(const AttemptRef& attempt,
                                 absl::Status status) {
  return {.attempt = attempt, .status = std::move(status)};
}

}  // namespace

AttemptLedger::AttemptLedger(Options options) : options_(std::move(options)) {}

std::vector<ledger::Action> AttemptLedger::Step(ledger::Event event,
                                                absl::Duration now) {
  now_ = now;
  Actions actions;
  if (exited_) return actions;
  std::visit([&](auto& kind) { On(std::move(kind), actions); }, event);
  return actions;
}

absl::Duration AttemptLedger::WakeAt() const {
  if (exited_) return absl::InfiniteDuration();
  absl::Duration at = std::min({redial_at_, alone_until_, terminate_at_});
  for (const auto& [job, entry] : entries_) {
    if (entry.next) at = std::min(at, entry.next_until);
  }
  if (link_ == 0) return at;
  if (!registered_) return std::min(at, heard_at_ + kAnswerWithin);
  return std::min({at, heartbeat_at_, heard_at_ + timeout_});
}

int AttemptLedger::slots_used() const {
  int used = 0;
  for (const auto& [job, entry] : entries_) {
    if (entry.phase != Phase::kReleasing) used += entry.slots;
  }
  return used;
}

void AttemptLedger::On(ledger::Start, Actions& actions) {
  link_ = ++last_link_;
  heard_at_ = now_;
  redial_at_ = absl::InfiniteDuration();
  actions.push_back(Dial{link_});
  actions.push_back(Send{options_.self});
}

void AttemptLedger::On(ledger::Tick, Actions& actions) {
  if (terminate_at_ <= now_) {
    exited_ = true;
    actions.push_back(Exit{});
    return;
  }
  if (alone_until_ <= now_) {
    alone_until_ = absl::InfiniteDuration();
    actions.push_back(Say{absl::StrCat(
        "No JobManager for ", absl::FormatDuration(kRunAloneFor),
        ": what runs here is stopped.")});
    HaltAll(actions);
  }
  RefuseWhatWaitsTooLong(actions);
  if (redial_at_ <= now_) On(ledger::Start{}, actions);
  if (link_ == 0) return;
  const absl::Duration patience = registered_ ? timeout_ : kAnswerWithin;
  if (heard_at_ + patience <= now_) {
    actions.push_back(HangUp{});
    LeaveJobManager(absl::DeadlineExceededError(absl::StrCat(
                        "no answer for ", absl::FormatDuration(patience))),
                    actions);
    return;
  }
  if (registered_ && heartbeat_at_ <= now_) {
    heartbeat_at_ = now_ + interval_;
    actions.push_back(SendHeartbeat{});
  }
}

// Its JobManager is lost, or was never reached: tried again later.
void AttemptLedger::LeaveJobManager(const absl::Status& why,
                                    Actions& actions) {
  link_ = 0;
  redial_at_ = now_ + back_off_;
  back_off_ = std::min(2 * back_off_, kLastRedial);
  // Counted from its last word: a process that was stopped for long is a
  // remnant when it wakes.
  if (registered_ && !entries_.empty()) {
    alone_until_ = heard_at_ + kRunAloneFor;
  }
  if (registered_) say_at_ = now_;
  registered_ = false;
  for (auto& [job, entry] : entries_) {
    // Nobody waits for it any more.
    entry.next.reset();
    entry.answers_stop = false;
    if (entry.phase == Phase::kBuilding) entry.halt_when_built = true;
  }
  SayUnreachable(why, actions);
}

void AttemptLedger::SayUnreachable(const absl::Status& why, Actions& actions) {
  if (now_ < say_at_) return;
  say_at_ = now_ + kSayEvery;
  actions.push_back(
      Say{absl::StrCat("No JobManager at ", options_.job_manager, " (",
                       why.message(), "); it is tried again.")});
}

void AttemptLedger::On(ledger::LinkEnded event, Actions& actions) {
  if (event.link != link_) return;
  LeaveJobManager(event.status, actions);
}

void AttemptLedger::On(ledger::FromJobManager event, Actions& actions) {
  if (event.link != link_) {
    ++fenced_;
    return;
  }
  heard_at_ = now_;
  std::visit([&](auto& message) { Hear(std::move(message), actions); },
             event.message);
}

void AttemptLedger::Hear(to_task_manager::Registered message,
                         Actions& actions) {
  if (registered_ || message.term < term_) {
    ++fenced_;
    if (registered_) return;
    actions.push_back(HangUp{});
    LeaveJobManager(absl::AbortedError(absl::StrCat(
                        "it leads for term ", message.term,
                        ", and there has been term ", term_)),
                    actions);
    return;
  }
  term_ = message.term;
  registered_ = true;
  interval_ = message.heartbeat_interval;
  timeout_ = message.heartbeat_timeout;
  heartbeat_at_ = now_ + interval_;
  back_off_ = kFirstRedial;
  alone_until_ = absl::InfiniteDuration();
  latest_.clear();
  actions.push_back(
      Say{absl::StrCat("Registered at JobManager ", options_.job_manager)});
  // What runs belongs to an attempt that has failed for this leader.
  HaltAll(actions);
  if (terminating_) actions.push_back(Send{to_job_manager::Draining{}});
}

void AttemptLedger::Hear(to_task_manager::Refused message, Actions& actions) {
  if (absl::IsUnavailable(message.status)) {
    actions.push_back(HangUp{});
    LeaveJobManager(message.status, actions);
    return;
  }
  exited_ = true;
  actions.push_back(Exit{message.status.ok()
                             ? absl::InternalError("refused without a reason")
                             : std::move(message.status)});
}

void AttemptLedger::Hear(to_task_manager::Deploy message, Actions& actions) {
  const auto entry = entries_.find(message.attempt.job_id);
  const bool is_there = entry != entries_.end();
  int64_t& latest = LatestOf(message.attempt.job_id);
  if (!registered_ || message.attempt.attempt <= latest ||
      (is_there &&
       message.attempt.attempt <= entry->second.attempt.attempt)) {
    ++fenced_;
    return;
  }
  latest = message.attempt.attempt;
  if (terminating_) {
    actions.push_back(Send{Refusal(
        message.attempt,
        absl::UnavailableError("this TaskManager was told to end"))});
  } else if (is_there) {
    entry->second.next = std::move(message);
    entry->second.next_until = now_ + kMostInTheWay;
    HaltEntry(entry->second, actions);
  } else {
    BuildNow(std::move(message), actions);
  }
}

void AttemptLedger::RefuseWhatWaitsTooLong(Actions& actions) {
  for (auto& [job, entry] : entries_) {
    if (!entry.next || now_ < entry.next_until) continue;
    const absl::Status why = MakeError(
        absl::StatusCode::kUnavailable,
        {.code = "JOB-0073",
         .what = absl::StrCat("attempt ", entry.attempt.attempt,
                              " of the job is still in the way of attempt ",
                              entry.next->attempt.attempt),
         .where = absl::StrCat("TaskManager '", options_.self.task_manager,
                               "', job ", job),
         .why = entry.phase == Phase::kBuilding
                    ? "it still reads its state, which nothing cuts short"
                : entry.phase == Phase::kHalting
                    ? "its subtasks have not stopped"
                    : "its threads and files are not given back: a disk or a "
                      "library hangs",
         .fix = "The job is deployed again. If this comes again and again, end "
                "this TaskManager: the job goes on on the others."});
    actions.push_back(Say{std::string(why.message())});
    actions.push_back(Send{Refusal(entry.next->attempt, why)});
    entry.next.reset();
  }
}

void AttemptLedger::BuildNow(to_task_manager::Deploy deploy,
                             Actions& actions) {
  const int wanted = SlotsOf(deploy);
  const int free = options_.self.slots - slots_used();
  if (wanted > free || wanted == 0) {
    actions.push_back(Send{Refusal(
        deploy.attempt, absl::ResourceExhaustedError(absl::StrCat(
                            wanted, " slots are asked for, and ", free, " of ",
                            options_.self.slots, " are free")))});
    return;
  }
  entries_[deploy.attempt.job_id] = {.attempt = deploy.attempt,
                                     .slots = wanted};
  actions.push_back(Build{std::move(deploy)});
}

void AttemptLedger::Hear(to_task_manager::Stop message, Actions& actions) {
  int64_t& latest = LatestOf(message.attempt.job_id);
  latest = std::max(latest, message.attempt.attempt);
  const auto found = entries_.find(message.attempt.job_id);
  if (found != entries_.end()) {
    Entry& entry = found->second;
    if (entry.next && entry.next->attempt.attempt <= message.attempt.attempt) {
      entry.next.reset();
    }
    if (entry.attempt.attempt <= message.attempt.attempt) {
      HaltEntry(entry, actions);
    }
    if (entry.attempt == message.attempt &&
        entry.phase != Phase::kReleasing) {
      entry.answers_stop = true;
      return;
    }
  }
  actions.push_back(Send{to_job_manager::Stopped{message.attempt}});
}

template <typename Message>
void AttemptLedger::Hear(Message message, Actions& actions) {
  if (InPhase(message.attempt, Phase::kRunning) == nullptr) {
    ++fenced_;
    return;
  }
  actions.push_back(Tell{std::move(message)});
}

void AttemptLedger::On(ledger::Built event, Actions& actions) {
  to_job_manager::Deployed& deployed = event.deployed;
  Entry* const entry = InPhase(deployed.attempt, Phase::kBuilding);
  if (entry == nullptr) return;
  if (!deployed.status.ok()) {
    entry->phase = Phase::kReleasing;
    if (entry->answers_stop) {
      actions.push_back(Send{to_job_manager::Stopped{entry->attempt}});
    } else if (!entry->halt_when_built) {
      actions.push_back(Send{deployed});
    }
    actions.push_back(Release{deployed.attempt});
    return;
  }
  entry->phase = Phase::kRunning;
  entry->running = {deployed.subtasks.begin(), deployed.subtasks.end()};
  if (entry->halt_when_built) {
    // Who waits for its end hears that from now on it is only stopping.
    if (entry->answers_stop) actions.push_back(Send{std::move(deployed)});
    HaltEntry(*entry, actions);
    return;
  }
  const AttemptRef attempt = deployed.attempt;
  actions.push_back(Send{std::move(deployed)});
  for (ledger::Said& said : std::exchange(entry->early, {})) {
    On(ledger::FromAttempt{std::move(said)}, actions);
  }
  if (!entry->lost.ok()) {
    On(ledger::PeerLost{attempt, entry->lost}, actions);
  }
}

void AttemptLedger::On(ledger::FromAttempt event, Actions& actions) {
  std::visit(
      [&](auto& said) {
        if (Entry* const built = InPhase(said.attempt, Phase::kBuilding)) {
          built->early.push_back(std::move(said));
          return;
        }
        Entry* const entry = InPhase(said.attempt, Phase::kRunning);
        if (entry == nullptr || !registered_) return;
        if constexpr (std::is_same_v<decltype(said), to_job_manager::Ended&>) {
          EndSubtask(*entry, std::move(said), actions);
        } else {
          actions.push_back(Send{std::move(said)});
        }
      },
      event.said);
}

void AttemptLedger::EndSubtask(Entry& entry, to_job_manager::Ended ended,
                               Actions& actions) {
  entry.running.erase(ended.subtask);
  const bool all_ended = entry.running.empty();
  // What it has counted last, before it is forgotten.
  if (all_ended || !ended.status.ok()) actions.push_back(SendHeartbeat{});
  actions.push_back(Send{std::move(ended)});
  if (all_ended) HaltEntry(entry, actions);
}

void AttemptLedger::On(ledger::PeerLost event, Actions& actions) {
  if (Entry* const entry = InPhase(event.attempt, Phase::kBuilding)) {
    entry->lost.Update(event.status);
    return;
  }
  Entry* const entry = InPhase(event.attempt, Phase::kRunning);
  if (entry == nullptr || !registered_ || entry->running.empty()) return;
  actions.push_back(Send{to_job_manager::Ended{
      event.attempt, *entry->running.begin(), std::move(event.status)}});
}

void AttemptLedger::On(ledger::Halted event, Actions& actions) {
  Entry* const entry = InPhase(event.attempt, Phase::kHalting);
  if (entry == nullptr) return;
  if (entry->answers_stop) {
    actions.push_back(Send{to_job_manager::Stopped{event.attempt}});
  }
  entry->phase = Phase::kReleasing;
  actions.push_back(Release{event.attempt});
}

void AttemptLedger::On(ledger::Released event, Actions& actions) {
  if (InPhase(event.attempt, Phase::kReleasing) == nullptr) return;
  auto next = std::move(entries_[event.attempt.job_id].next);
  entries_.erase(event.attempt.job_id);
  if (next) BuildNow(*std::move(next), actions);
  ExitWhenEmpty(actions);
}

void AttemptLedger::On(ledger::Terminate, Actions& actions) {
  if (terminating_) return;
  terminating_ = true;
  terminate_at_ = now_ + options_.grace;
  if (registered_) actions.push_back(Send{to_job_manager::Draining{}});
  for (auto& [job, entry] : entries_) {
    if (!entry.next) continue;
    actions.push_back(Send{
        Refusal(entry.next->attempt,
                absl::UnavailableError("this TaskManager was told to end"))});
    entry.next.reset();
  }
  ExitWhenEmpty(actions);
}

void AttemptLedger::ExitWhenEmpty(Actions& actions) {
  if (!terminating_ || !entries_.empty()) return;
  exited_ = true;
  actions.push_back(Exit{});
}

void AttemptLedger::HaltAll(Actions& actions) {
  for (auto& [job, entry] : entries_) {
    entry.next.reset();
    entry.answers_stop = false;
    HaltEntry(entry, actions);
  }
}

void AttemptLedger::HaltEntry(Entry& entry, Actions& actions) {
  if (entry.phase == Phase::kBuilding) {
    entry.halt_when_built = true;
  } else if (entry.phase == Phase::kRunning) {
    entry.phase = Phase::kHalting;
    actions.push_back(Halt{entry.attempt});
  }
}

AttemptLedger::Entry* AttemptLedger::InPhase(const AttemptRef& attempt,
                                             Phase phase) {
  const auto found = entries_.find(attempt.job_id);
  if (found == entries_.end() || found->second.attempt != attempt ||
      found->second.phase != phase) {
    return nullptr;
  }
  return &found->second;
}

int64_t& AttemptLedger::LatestOf(const std::string& job_id) {
  // Which one is forgotten matters little: the leader sends it once.
  if (latest_.size() >= kRememberedJobs && !latest_.contains(job_id)) {
    latest_.erase(latest_.begin());
  }
  return latest_[job_id];
}

}  // namespace millrace
