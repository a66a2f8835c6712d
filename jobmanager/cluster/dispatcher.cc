#include "jobmanager/cluster/dispatcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "jobmanager/cluster/answer_once.h"
#include "runtime/base/error.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr char kLeaderRecord[] = "leader";

absl::Status DoesNotLead() {
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "JOB-0109",
       .what = "this JobManager does not lead the cluster",
       .where = "",
       .why = "another one does, or it has just begun",
       .fix = "Ask again in a second, or ask the one that leads."});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dispatcher>> Dispatcher::Open(Options options) {
  std::unique_ptr<Dispatcher> dispatcher(new Dispatcher(std::move(options)));
  RETURN_IF_ERROR(dispatcher->conversations_.Listen(
      dispatcher->options_.network, dispatcher->options_.bind_address));
  dispatcher->Start();
  return dispatcher;
}

void Dispatcher::Start() {
  if (options_.one_thread != nullptr) {
    options_.one_thread->AddLoop(&waker_, [this] { return RunOnceNanos(); });
    return;
  }
  loop_.emplace(1);
  loop_->Post([this] { RunLoop(); });
}

Dispatcher::Dispatcher(Options options)
    : options_(std::move(options)),
      view_(std::make_shared<const ClusterView>()),
      metrics_(options_.cluster.hosting.metrics->AddGroup(
          "flink_jobmanager", options_.cluster.hosting.metric_labels)),
      task_managers_(metrics_->AddGauge("numRegisteredTaskManagers",
                                        "TaskManagers that are there.")),
      slots_total_(metrics_->AddGauge("taskSlotsTotal", "Slots of them all.")),
      slots_free_(metrics_->AddGauge("taskSlotsAvailable",
                                     "Slots that no job has.")),
      running_jobs_(metrics_->AddGauge("numRunningJobs",
                                       "Jobs that have not ended.")),
      mailbox_([this] { waker_.Wake(); }),
      conversations_(
          [this](std::function<void()> call) { Post(std::move(call)); },
          {.opened = [this](ConversationId id) { OnOpened(id); },
           .said =
               [this](ConversationId id, to_job_manager::Message message) {
                 OnSaid(id, std::move(message));
               },
           .closed =
               [this](ConversationId id, absl::Status status) {
                 early_.erase(id);
                 if (term_ != nullptr) term_->OnClosed(id, std::move(status));
               }}),
      reaper_(MakeExecutor(options_.one_thread, 1)),
      leader_record_(MakeExecutor(options_.one_thread, 1)),
      registry_(MakeExecutor(options_.one_thread, 1)) {}

Dispatcher::~Dispatcher() {
  // Then members go: the loop has returned, the term hands its jobs to the
  // reaper, the pools end what they have begun.
  Post([this] {
    stopping_ = true;
    term_.reset();
    conversations_.HangUpAll();
  });
  if (options_.one_thread != nullptr) {
    options_.one_thread->RemoveLoop(&waker_);
    RunOnce();
  }
}

absl::Duration Dispatcher::Now() const {
  return absl::Nanoseconds(options_.cluster.hosting.clock->SteadyNanos());
}

void Dispatcher::RunLoop() {
  while (true) {
    const absl::Duration due = RunOnce();
    if (stopping_) return;
    waker_.Wait(due == absl::InfiniteDuration()
                    ? INT64_MAX
                    : absl::ToInt64Nanoseconds(due - Now()));
  }
}

int64_t Dispatcher::RunOnceNanos() {
  const absl::Duration due = RunOnce();
  return due == absl::InfiniteDuration() ? INT64_MAX
                                         : absl::ToInt64Nanoseconds(due);
}

absl::Duration Dispatcher::RunOnce() {
  waker_.BeginTurn();
  // Before anything else: whoever has stood still for a while leads no more.
  if (election_.has_value() && Now() >= election_->WakeAt()) {
    Step(LeaderElection::Tick{});
  }
  for (const std::function<void()>& call : mailbox_.TakeAll()) call();
  const absl::Duration now = Now();
  if (term_ != nullptr && now >= term_->WakeAt()) term_->Tick();
  RefuseTheEarly(now);
  conversations_.Tick(now);
  if (term_ != nullptr) changed_ |= term_->TakeChanged();
  absl::Duration due = conversations_.WakeAt();
  if (changed_) {
    if (now >= published_at_ + kViewAge) {
      Publish();
    } else {
      due = std::min(due, published_at_ + kViewAge);
    }
  }
  for (const auto& [id, early] : early_) due = std::min(due, early.until);
  if (election_.has_value()) due = std::min(due, election_->WakeAt());
  if (term_ != nullptr) due = std::min(due, term_->WakeAt());
  return waker_.WasWoken() ? now : due;
}

void Dispatcher::Publish() {
  changed_ = false;
  published_at_ = Now();
  if (term_ != nullptr) term_->TakeChanged();
  auto view = std::make_shared<const ClusterView>(
      term_ == nullptr ? ClusterView() : term_->View());
  task_managers_->Set(static_cast<int64_t>(view->task_managers.size()));
  slots_total_->Set(view->SlotsTotal());
  slots_free_->Set(view->SlotsFree());
  running_jobs_->Set(std::count_if(
      view->jobs.begin(), view->jobs.end(),
      [](const JobView& job) { return !IsTerminal(job.state); }));
  view_.Set(std::move(view));
}

void Dispatcher::Campaign() {
  Post([this] {
    election_.emplace(
        LeaderElection::Options{.holder = options_.resource_id,
                                .life = options_.life,
                                .lease = options_.lease,
                                .look_every = options_.look_every});
    Step(LeaderElection::Start{});
  });
}

void Dispatcher::Resign() {
  BeginResign();
  owner_.Wait(absl::ToInt64Nanoseconds(kResignLimit));
}

void Dispatcher::BeginResign() {
  owner_.BeginTurn();
  Post([this] {
    if (election_.has_value()) {
      Step(LeaderElection::Resign{});
    } else {
      owner_.Wake();
    }
  });
}

void Dispatcher::Step(LeaderElection::Event event) {
  for (LeaderElection::Action& action :
       election_->Step(std::move(event), Now())) {
    std::visit([this](auto& part) { Do(std::move(part)); }, action);
  }
  const std::string trouble(election_->trouble().message());
  if (trouble != said_trouble_ && !trouble.empty()) {
    options_.cluster.log(absl::StrCat("who leads is not known: ", trouble));
  }
  said_trouble_ = trouble;
  const std::string& follows = election_->follows();
  if (follows != said_follows_ && !follows.empty()) {
    options_.cluster.log(absl::StrCat("waits: another JobManager, '", follows,
                                      "', leads the cluster"));
  }
  said_follows_ = follows;
  if (election_->has_resigned()) owner_.Wake();
}

void Dispatcher::Do(LeaderElection::Read) {
  leader_record_->Post([this] {
    LeaderElection::ReadDone done = {
        .record = options_.cluster.hosting.records->Read(kLeaderRecord)};
    if (options_.is_dead && done.record.ok() && done.record->has_value()) {
      const auto leader = DecodeLeaderRecord((*done.record)->value);
      done.holder_is_dead = leader.ok() && leader->life != options_.life &&
                            options_.is_dead(leader->life);
    }
    Post([this, done = std::move(done)] { Step(done); });
  });
}

void Dispatcher::Do(LeaderElection::Write action) {
  leader_record_->Post([this, action = std::move(action)] {
    auto version = options_.cluster.hosting.records->CompareAndSwap(
        kLeaderRecord, action.expected, EncodeLeaderRecord(action.record));
    Post([this, version = std::move(version)] {
      Step(LeaderElection::WriteDone{version});
    });
  });
}

void Dispatcher::Do(LeaderElection::Lead action) {
  options_.cluster.log(absl::StrCat("leads, in term ", action.term));
  Failpoint("jm.leader.gained").IgnoreError();
  term_ = std::make_unique<LeaderTerm>(EnvironmentOf(action.term));
  term_->Start();
  for (auto& [id, early] : std::exchange(early_, {})) {
    term_->OnOpened(id);
    if (early.said.has_value()) term_->OnSaid(id, *std::move(early.said));
  }
  changed_ = true;
}

void Dispatcher::Do(LeaderElection::StepDown action) {
  options_.cluster.log(
      absl::StrCat("leads no more: ", action.why.message()));
  Failpoint("jm.leader.lost").IgnoreError();
  term_.reset();
  conversations_.HangUpAll();
  changed_ = true;
}

LeaderTerm::Environment Dispatcher::EnvironmentOf(int64_t number) {
  LeaderTerm::Environment environment = options_.cluster;
  environment.term = number;
  environment.registry = registry_.get();
  environment.reaper = reaper_.get();
  environment.hosting.one_thread = options_.one_thread;
  environment.post = [this, number](std::function<void(LeaderTerm&)> call) {
    Post([this, number, call = std::move(call)] {
      if (term_ != nullptr && term_->term() == number) call(*term_);
    });
  };
  environment.send = [this](ConversationId id,
                            const to_task_manager::Message& message) {
    conversations_.Send(id, message);
  };
  environment.hang_up = [this](ConversationId id) {
    conversations_.HangUp(id);
  };
  environment.part = [this](ConversationId id) {
    conversations_.Part(id, Now());
  };
  environment.end_term = [this, number](absl::Status why) {
    Post([this, number, why = std::move(why)] {
      if (term_ != nullptr && term_->term() == number) {
        Step(LeaderElection::Overruled{why});
      }
    });
  };
  return environment;
}

void Dispatcher::OnOpened(ConversationId id) {
  if (term_ != nullptr) {
    term_->OnOpened(id);
  } else {
    early_[id] = {.until = Now() + kPatience};
  }
}

void Dispatcher::OnSaid(ConversationId id, to_job_manager::Message message) {
  if (term_ != nullptr) {
    term_->OnSaid(id, std::move(message));
    return;
  }
  // Whatever follows a registration waits for its answer.
  const auto early = early_.find(id);
  if (early != early_.end() && !early->second.said.has_value()) {
    early->second.said = std::move(message);
  }
}

void Dispatcher::RefuseTheEarly(absl::Duration now) {
  std::erase_if(early_, [&](const auto& entry) {
    if (now < entry.second.until) return false;
    conversations_.Send(entry.first, to_task_manager::Refused{DoesNotLead()});
    conversations_.Part(entry.first, now);
    return true;
  });
}

template <typename T>
void Dispatcher::WithTerm(Answer<T> answer,
                          std::function<void(LeaderTerm&, Answer<T>)> call) {
  Post([this, answer = AnswerOnce<T>(std::move(answer)),
        call = std::move(call)] {
    if (term_ == nullptr) {
      answer(DoesNotLead());
    } else {
      call(*term_, answer);
    }
  });
}

void Dispatcher::Submit(Submission submission, Answer<std::string> job_id) {
  WithTerm<std::string>(
      std::move(job_id),
      [this, submission = std::move(submission)](LeaderTerm& term,
                                                 Answer<std::string> answer) {
        term.Submit(submission,
                    [this, answer](absl::StatusOr<std::string> id) {
                      // Who asks for the job next finds it.
                      Publish();
                      answer(std::move(id));
                    });
      });
}

void Dispatcher::Cancel(const std::string& job_id, Answer<JobState> was) {
  WithTerm<JobState>(std::move(was),
                     [job_id](LeaderTerm& term, Answer<JobState> answer) {
                       term.Cancel(job_id, std::move(answer));
                     });
}

void Dispatcher::Savepoint(SavepointRequest request,
                           Answer<std::string> path) {
  WithTerm<std::string>(
      std::move(path),
      [this, request = std::move(request)](LeaderTerm& term,
                                           Answer<std::string> answer) {
        term.Savepoint(request,
                       [this, answer](absl::StatusOr<std::string> written) {
                         Publish();
                         answer(std::move(written));
                       });
      });
}

void Dispatcher::Checkpoint(const std::string& job_id,
                            Answer<int64_t> checkpoint) {
  WithTerm<int64_t>(std::move(checkpoint),
                    [job_id](LeaderTerm& term, Answer<int64_t> answer) {
                      term.Checkpoint(job_id, std::move(answer));
                    });
}

}  // namespace millrace
