#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "jobmanager/checkpoint_errors.h"
#include "jobmanager/cluster/leader_term.h"
#include "runtime/base/error.h"
#include "runtime/plan/plan_codec.h"

namespace millrace {
namespace {

// A store that is away comes back within seconds.
constexpr absl::Duration kTryAgain = absl::Seconds(1);

}  // namespace

absl::Status LeaderTerm::NotReady() {
  return MakeError(absl::StatusCode::kUnavailable,
                   {.code = "JOB-0133",
                    .what = "this JobManager is taking up the cluster's jobs",
                    .where = "",
                    .why = "",
                    .fix = "Ask again in a second."});
}

void LeaderTerm::Start() {
  environment_.registry->Post([registry = registry_,
                               post = environment_.post] {
    auto list = registry->Take();
    std::vector<absl::StatusOr<std::string>> plans;
    if (list.ok()) {
      absl::Status unread;
      for (const RegisteredJob& job : list->running) {
        plans.push_back(registry->ReadPlan(job));
        if (!plans.back().ok() && !absl::IsDataLoss(plans.back().status())) {
          unread = plans.back().status();
        }
      }
      for (const EndedJob& ended : list->ended) {
        plans.push_back(registry->ReadPlan(ended.job));
      }
      // No job is given up for a disk that is away for a moment.
      if (!unread.ok()) list = unread;
    }
    post([list = std::move(list),
          plans = std::move(plans)](LeaderTerm& term) mutable {
      term.OnTaken(std::move(list), std::move(plans));
    });
  });
}

void LeaderTerm::OnTaken(absl::StatusOr<JobList> list,
                         std::vector<absl::StatusOr<std::string>> plans) {
  if (absl::IsAborted(list.status())) {
    environment_.end_term(list.status());
    return;
  }
  if (!list.ok()) {
    // Nothing can be done before it can be read; a person may mend it.
    environment_.log(std::string(list.status().message()));
    TryAgainSoon([this] { Start(); });
    return;
  }
  taken_ = true;
  changed_ = true;
  history_.Load(list->ended,
                std::span(plans).subspan(list->running.size()));
  for (size_t i = 0; i < list->running.size(); ++i) {
    TakeUp(std::move(list->running[i]), plans[i]);
  }
}

void LeaderTerm::TakeUp(RegisteredJob job,
                        const absl::StatusOr<std::string>& json) {
  const std::string id = job.job_id;
  auto plan = json.ok() ? JobPlanFromJson(*json)
                        : absl::StatusOr<JobPlan>(json.status());
  environment_.log(absl::StrCat("job ", id, " '", job.name,
                                "' is taken up again"));
  if (!plan.ok()) {
    JobPlan none;
    none.name = job.name;
    AddJob(std::move(job), std::move(none), "", nullptr);
    OnJobEnded(id, JobState::kFailed, plan.status());
    return;
  }
  AddJob(std::move(job), *std::move(plan), *json,
         [post = environment_.post, id](absl::Status status) {
           post([id, status = std::move(status)](LeaderTerm& term) {
             if (status.ok()) {
               ClusterJob* const job = term.Find(id);
               job->hosted()->Run();
               if (job->registered().cancelled) job->Cancel();
             } else if (FailoverPolicy::MayPass(status)) {
               term.environment_.log(std::string(status.message()));
               term.TryAgainSoon([&term, id] {
                 if (ClusterJob* const job = term.Find(id)) {
                   job->hosted()->Prepare();
                 }
               });
             } else {
               term.OnJobEnded(id, JobState::kFailed, status);
             }
           });
         });
}

// Without `prepared` the job is only shown.
ClusterJob* LeaderTerm::AddJob(RegisteredJob job, JobPlan plan,
                               std::string plan_json,
                               std::function<void(absl::Status)> prepared) {
  const std::string id = job.job_id;
  auto shared = std::make_shared<const JobPlan>(std::move(plan));
  auto added = std::make_unique<ClusterJob>(
      job, shared, std::move(plan_json), &config_,
      ClusterJob::Ports{
          .clock = environment_.hosting.clock,
          .send = environment_.send,
          .log = environment_.log,
          .hang_up =
              [this](ConversationId conversation, absl::Status why) {
                Step(TaskManagerRoster::Dropped{conversation, std::move(why)});
              },
          .want_slots =
              [this](const std::string& job_id, int slots) {
                StepSlots(SlotScheduler::Wanted{
                    job_id, jobs_.at(job_id)->registered().order, slots});
              }});
  ClusterJob* const pointer = added.get();
  jobs_[id] = std::move(added);
  if (prepared == nullptr) return pointer;
  HostedJob::Environment hosting = environment_.hosting;
  hosting.term = environment_.term;
  hosting.log = environment_.log;
  pointer->Host(std::make_shared<HostedJob>(
      std::move(job), std::move(shared), hosting,
      CallbacksOf(id, std::move(prepared))));
  pointer->hosted()->Prepare();
  return pointer;
}

HostedJob::Callbacks LeaderTerm::CallbacksOf(
    const std::string& id, std::function<void(absl::Status)> prepared) {
  const auto post = environment_.post;
  const Clock* const clock = environment_.hosting.clock;
  return {
      .prepared = std::move(prepared),
      .order =
          [post, id](ClusterDeployer::Order order) {
            post([id, order = std::move(order)](LeaderTerm& term) mutable {
              term.changed_ = true;
              if (ClusterJob* const job = term.Find(id)) {
                job->OnOrder(std::move(order));
              }
            });
          },
      .state =
          [post, id, clock](JobState state, absl::Status failure) {
            post([=, now = clock->Now()](LeaderTerm& term) {
              term.changed_ = true;
              // The end is shown when it is said, after this.
              if (ClusterJob* const job = term.Find(id);
                  job != nullptr && !IsTerminal(state)) {
                job->board().OnState(state, failure, now);
              }
            });
          },
      .checkpoints =
          [post, id](CheckpointStats stats) {
            post([id, stats = std::move(stats)](LeaderTerm& term) {
              term.changed_ = true;
              if (ClusterJob* const job = term.Find(id)) {
                job->board().OnCheckpoints(stats);
              }
            });
          },
      .ended = [post, id](JobState state, absl::Status failure) {
        post([=](LeaderTerm& term) { term.OnJobEnded(id, state, failure); });
      }};
}

void LeaderTerm::Submit(JobGateway::Submission submission,
                        JobGateway::Answer<std::string> answer) {
  if (!taken_) return answer(NotReady());
  if (submission.allow_non_restored_state) {
    submission.plan
        .config["execution.state-recovery.ignore-unclaimed-state"] = "true";
  }
  std::string json = ToJson(submission.plan);
  if (auto fits = CheckPlanSize(submission.plan.name, json.size());
      !fits.ok()) {
    return answer(std::move(fits));
  }
  std::string id = submission.job_id.empty() ? environment_.new_job_id()
                                             : submission.job_id;
  if (Find(id) != nullptr) {
    return answer(MakeError(
        absl::StatusCode::kAlreadyExists,
        {.code = "JOB-0134",
         .what = absl::StrCat("job ", id, " is already running"),
         .where = "",
         .why = "",
         .fix = "Stop it first, or leave the job's id out."}));
  }
  RegisteredJob job = {
      .job_id = id,
      .name = submission.plan.name,
      .submitted_ms = absl::ToUnixMillis(environment_.hosting.clock->Now()),
      .savepoint = std::move(submission.savepoint),
      .claims_savepoint = submission.claim_savepoint};
  AddJob(std::move(job), std::move(submission.plan), std::move(json),
         [post = environment_.post, id, answer](absl::Status status) {
           post([=](LeaderTerm& term) { term.OnPrepared(id, status, answer); });
         });
}

void LeaderTerm::OnPrepared(const std::string& id, absl::Status status,
                            JobGateway::Answer<std::string> answer) {
  ClusterJob* const job = Find(id);
  if (job == nullptr) return;
  if (!status.ok()) {
    Drop(id);
    answer(std::move(status));
    return;
  }
  Register(id, std::move(answer));
}

void LeaderTerm::Register(const std::string& id,
                          JobGateway::Answer<std::string> answer) {
  ClusterJob* const job = Find(id);
  RegisteredJob registered = job->registered();
  registered.lived = job->hosted()->lived();
  if (registered.claims_savepoint) {
    registered.claimed = job->hosted()->origin();
  }
  environment_.registry->Post([registry = registry_, id, answer,
                               post = environment_.post,
                               registered = std::move(registered),
                               json = job->plan_json()] {
    auto added = registry->Add(registered, json);
    post([=, added = std::move(added)](LeaderTerm& term) {
      term.OnRegistered(id, added, answer);
    });
  });
}

void LeaderTerm::OnRegistered(const std::string& id,
                              absl::StatusOr<RegisteredJob> registered,
                              JobGateway::Answer<std::string> answer) {
  // A job is not refused that the next leader might run.
  if (absl::IsUnknown(registered.status())) {
    TryAgainSoon([=, this] { Register(id, answer); });
    return;
  }
  if (!registered.ok()) {
    Drop(id);
    const absl::Status status = registered.status();
    answer(absl::IsAborted(status) ? absl::UnavailableError(status.message())
                                   : status);
    if (absl::IsAborted(status)) environment_.end_term(status);
    return;
  }
  history_.Forget(id);
  changed_ = true;
  ClusterJob* const job = Find(id);
  environment_.log(
      absl::StrCat("job ", id, " '", registered->name, "' is submitted"));
  job->Register(*std::move(registered));
  job->hosted()->Run();
  answer(id);
}

void LeaderTerm::OnJobEnded(const std::string& id, JobState state,
                            absl::Status failure) {
  ClusterJob* const job = Find(id);
  if (job == nullptr || IsTerminal(job->board().view().state)) return;
  // No earlier leader can begin an attempt behind this one's: a later one has.
  if (SaysAnotherRunsTheJob(failure)) return environment_.end_term(failure);
  const absl::Time now = environment_.hosting.clock->Now();
  changed_ = true;
  job->board().OnState(state, failure, now);
  environment_.log(absl::StrCat(
      "job ", id, " '", job->registered().name, "' has ended: ",
      ToString(state), failure.ok() ? "" : ": ", failure.message()));
  job->Clear();
  StepSlots(SlotScheduler::Released{id});
  SaveEnd({.job = job->registered(),
           .state = state,
           .ended_ms = absl::ToUnixMillis(now),
           .failure = std::move(failure)});
}

void LeaderTerm::SaveEnd(EndedJob ended) {
  environment_.registry->Post(
      [registry = registry_, post = environment_.post,
       ended = std::move(ended)] {
        const absl::Status status = registry->End(ended);
        post([=](LeaderTerm& term) { term.OnEndSaved(ended, status); });
      });
}

void LeaderTerm::OnEndSaved(const EndedJob& ended, const absl::Status& status) {
  if (absl::IsAborted(status)) {
    environment_.end_term(status);
    return;
  }
  if (!status.ok()) {
    TryAgainSoon([=, this] { SaveEnd(ended); });
    return;
  }
  const std::string& id = ended.job.job_id;
  history_.Add(Find(id)->board().view());
  Drop(id);
  history_.Tell(id, ended.state);
}

void LeaderTerm::TryAgainSoon(std::function<void()> again) {
  again_.push_back(std::move(again));
  again_at_ = std::min(again_at_, Now() + kTryAgain);
}

void LeaderTerm::TryAgain() {
  again_at_ = absl::InfiniteDuration();
  for (const auto& again : std::exchange(again_, {})) again();
}

void LeaderTerm::Drop(const std::string& id) {
  const auto job = jobs_.find(id);
  if (job == jobs_.end()) return;
  environment_.reaper->Post(
      [hosted = job->second->TakeHosted()]() mutable { hosted.reset(); });
  jobs_.erase(job);
  changed_ = true;
}

ClusterJob* LeaderTerm::Find(const std::string& job_id) {
  const auto found = jobs_.find(job_id);
  return found == jobs_.end() ? nullptr : found->second.get();
}

}  // namespace millrace
