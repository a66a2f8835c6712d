#include "taskmanager/task_manager.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "runtime/rpc/cluster_codec.h"
#include "taskmanager/fitting_message.h"

namespace millrace {

TaskManager::TaskManager(Options options)
    : options_(std::move(options)),
      clock_(options_.attempts.subtasks.clock),
      metrics_(options_.attempts.subtasks.metrics->AddGroup(
          "millrace_taskmanager", options_.attempts.subtasks.metric_labels)),
      fenced_(metrics_->AddCounter(
          "fenced_messages",
          "Messages of an older leader or attempt, refused.")),
      registered_(metrics_->AddGauge(
          "registered", "1 while a JobManager knows this TaskManager.")),
      slots_used_(metrics_->AddGauge("used_slots",
                                     "Slots in which an attempt runs.")),
      events_([this] { waker_.Wake(); }),
      ledger_({.self = options_.self,
               .job_manager = options_.job_manager,
               .grace = options_.grace}),
      folders_(options_.attempts.subtasks.disk, options_.self.task_manager,
               options_.self.life),
      job_managers_(absl::StrSplit(options_.job_manager, ',')) {
  options_.attempts.folders = &folders_;
  options_.attempts.post = [this](ledger::Event event) {
    events_.Post(std::move(event));
  };
  if (options_.background == nullptr) {
    // One that does not return holds up no other job.
    builder_.emplace(std::max(1, options_.self.slots));
    releaser_.emplace(1);
  }
  events_.Post(ledger::Start{});
}

TaskManager::~TaskManager() {
  link_.reset();
  builder_.reset();
  releaser_.reset();
  attempts_.clear();
}

absl::Duration TaskManager::Now() const {
  return absl::Nanoseconds(clock_->SteadyNanos());
}

bool TaskManager::RunFor(absl::Duration timeout) {
  const int64_t until =
      absl::ToInt64Nanoseconds(absl::Nanoseconds(clock_->SteadyNanos()) +
                               timeout);  // For ever: INT64_MAX.
  while (true) {
    const int64_t next = std::min(RunOnce(), until);
    const int64_t now = clock_->SteadyNanos();
    if (outcome_.has_value()) return true;
    if (now >= until) return false;
    waker_.Wait(next - now);
  }
}

int64_t TaskManager::RunOnce() {
  waker_.BeginTurn();
  for (ledger::Event& event : events_.TakeAll()) Take(std::move(event));
  if (ledger_.WakeAt() <= Now()) Take(ledger::Tick{});
  registered_->Set(ledger_.is_registered());
  if (options_.ready != nullptr) {
    options_.ready->Set(ledger_.is_registered());
  }
  slots_used_->Set(ledger_.slots_used());
  fenced_->Add(ledger_.fenced() - fenced_->value());
  if (waker_.WasWoken()) return 0;
  const absl::Duration at = ledger_.WakeAt();
  return at == absl::InfiniteDuration() ? INT64_MAX
                                        : absl::ToInt64Nanoseconds(at);
}

void TaskManager::Take(ledger::Event event) {
  if (outcome_.has_value()) return;
  if (const auto* built = std::get_if<ledger::Built>(&event)) {
    attempts_.at(built->deployed.attempt).built = true;
  } else if (const auto* ended = std::get_if<ledger::LinkEnded>(&event)) {
    if (ended->link == link_number_) link_.reset();
  } else if (const auto* released = std::get_if<ledger::Released>(&event)) {
    attempts_.erase(released->attempt);
  }
  for (ledger::Action& action : ledger_.Step(std::move(event), Now())) {
    std::visit([this](auto& kind) { Do(std::move(kind)); }, action);
  }
}

void TaskManager::Do(ledger::Dial dial) {
  link_.reset();
  link_number_ = dial.link;
  const auto& post = options_.attempts.post;
  link_ = options_.network->Dial(
      job_managers_[dial.link % job_managers_.size()],
      Network::Topic::kControl,
      {.on_message =
           [&post, link = dial.link](const std::string& bytes) {
             auto message = DecodeToTaskManager(bytes);
             if (message.ok()) {
               post(ledger::FromJobManager{link, *std::move(message)});
             } else {
               post(ledger::LinkEnded{link, message.status()});
             }
           },
       .on_closed =
           [&post, link = dial.link](absl::Status status) {
             post(ledger::LinkEnded{link, std::move(status)});
           }});
}

void TaskManager::Do(ledger::Send send) {
  if (link_ != nullptr) link_->Send(EncodeToFit(std::move(send.message)));
}

void TaskManager::Do(ledger::SendHeartbeat) {
  to_job_manager::Heartbeat heartbeat;
  for (const auto& [attempt, held] : attempts_) {
    if (!held.built) continue;
    heartbeat.attempts.push_back({attempt, held.here->Report()});
  }
  if (const MemoryBudget* memory = options_.attempts.subtasks.memory) {
    heartbeat.memory_used_bytes = memory->used_bytes();
  }
  Do(ledger::Send{std::move(heartbeat)});
}

AttemptHere& TaskManager::Find(const AttemptRef& attempt) {
  return *attempts_.at(attempt).here;
}

void TaskManager::Do(ledger::Build build) {
  const AttemptRef attempt = build.deploy.attempt;
  auto here = std::make_unique<AttemptHere>(std::move(build.deploy),
                                            &options_.attempts);
  Executor* const builder =
      builder_ ? &*builder_ : options_.background;
  builder->Post([building = here.get(), post = options_.attempts.post] {
    post(ledger::Built{building->Build()});
  });
  attempts_[attempt].here = std::move(here);
}

void TaskManager::Do(ledger::Tell tell) {
  const AttemptRef attempt =
      std::visit([](const auto& kind) { return kind.attempt; }, tell.command);
  Find(attempt).Tell(std::move(tell.command));
}

void TaskManager::Do(ledger::Halt halt) { Find(halt.attempt).Halt(); }

void TaskManager::Do(ledger::Release release) {
  Attempt& attempt = attempts_.at(release.attempt);
  attempt.built = false;  // Not looked into any more.
  Executor* const releaser = releaser_ ? &*releaser_ : options_.background;
  releaser->Post([here = attempt.here.get(), released = release.attempt,
                  post = options_.attempts.post] {
    here->Release();
    post(ledger::Released{released});
  });
}

void TaskManager::Do(ledger::Say say) {
  if (options_.say) options_.say(say.line);
}

void TaskManager::Do(ledger::Exit exit) { outcome_ = std::move(exit.status); }

}  // namespace millrace
