#include "jobmanager/job_master.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

CheckpointCoordinator::Options CoordinatorOptions(
    const JobPlan& plan, const JobMaster::Environment& environment) {
  CheckpointCoordinator::Options options = {
      .config = environment.checkpoints,
      .job_id = environment.job_id,
      .job_name = plan.name,
      .max_parallelism = plan.max_parallelism,
      .has_store = environment.store != nullptr};
  for (const Vertex& vertex : plan.vertices) {
    options.vertices.push_back({vertex.uid, vertex.parallelism});
  }
  return options;
}

MetricLabels LabelsOf(const JobPlan& plan,
                      const JobMaster::Environment& environment) {
  MetricLabels labels = environment.metric_labels;
  labels.emplace_back("job_id", environment.job_id);
  labels.emplace_back("job_name", plan.name);
  return labels;
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobMaster>> JobMaster::Open(
    const JobPlan& plan, Environment environment) {
  SplitDealer::Sources sources;
  absl::btree_map<VertexId, SourceDiscoveries::Make> discoveries;
  for (const Vertex& vertex : plan.vertices) {
    const auto* spec = std::get_if<SourceSpec>(&vertex.spec);
    if (spec == nullptr) continue;
    ASSIGN_OR_RETURN(const Connector* connector,
                     environment.connectors->FindFor(spec->table));
    const auto annotated = [name = vertex.name](auto made) {
      return made.ok() ? std::move(made)
                       : decltype(made)(Annotate(made.status(), name));
    };
    sources[vertex.id] = {
        .uid = vertex.uid,
        .parallelism = vertex.parallelism,
        .make = [=, table = spec->table, parallelism = vertex.parallelism] {
          return annotated(connector->MakeEnumerator(table, parallelism));
        }};
    discoveries[vertex.id] = [=, table = spec->table,
                              parallelism = vertex.parallelism]()
        -> absl::StatusOr<SourceDiscoveries::Discovery> {
      return annotated(connector->MakeDiscovery(table, parallelism));
    };
    RETURN_IF_ERROR(discoveries[vertex.id]().status());
  }
  RETURN_IF_ERROR(SplitDealer::Open(sources, nullptr).status());
  return std::unique_ptr<JobMaster>(
      new JobMaster(plan, std::move(environment), std::move(sources),
                    std::move(discoveries)));
}

JobMaster::JobMaster(const JobPlan& plan, Environment environment,
                     SplitDealer::Sources sources,
                     absl::btree_map<VertexId, SourceDiscoveries::Make>
                         discoveries)
    : plan_(plan),
      environment_(std::move(environment)),
      execution_(std::move(sources),
                 FailoverPolicy(environment_.failover, environment_.seed)),
      coordinator_(CoordinatorOptions(plan_, environment_)),
      discoveries_(std::move(discoveries), environment_.clock,
                   environment_.background),
      mailbox_([this] { waker_.Wake(); }) {
  if (environment_.store != nullptr) {
    errands_.emplace(CheckpointErrands::Options{
        .job_id = environment_.job_id,
        .retained = environment_.checkpoints.retained,
        .ids_above = environment_.restore == nullptr
                         ? CheckpointId(0)
                         : environment_.restore->checkpoint,
        .right = environment_.right,
        .store = environment_.store,
        .background = environment_.background,
        .post = [this](std::function<void()> call) {
          mailbox_.Post({kAnyAttempt, std::move(call)});
        }});
  }
  if (environment_.metrics != nullptr) {
    auto group = environment_.metrics->AddGroup("flink_jobmanager_job",
                                                LabelsOf(plan_, environment_));
    state_metrics_.emplace(*group, environment_.clock);
    metrics_.emplace(std::move(group));
  }
  Post(kAnyAttempt, JobExecution::Start{});
}

void JobMaster::Cancel() { Post(kAnyAttempt, JobExecution::CancelAsked{}); }

JobMaster::~JobMaster() {
  const absl::Status ended = absl::FailedPreconditionError("the job has ended");
  for (Message& message : mailbox_.TakeAll()) {
    auto* const request = std::get_if<Request>(&message.content);
    if (request != nullptr) request->answer(ended);
  }
  for (const auto& [request, answer] : answers_) answer(ended);
}

void JobMaster::Checkpoint(bool savepoint, Answer answer) {
  mailbox_.Post({kAnyAttempt,
                 Request{savepoint ? Wish::kSavepoint : Wish::kCheckpoint,
                         std::move(answer)}});
}

void JobMaster::Stop(bool drain, Answer answer) {
  mailbox_.Post({kAnyAttempt, Request{drain ? Wish::kDrain : Wish::kStop,
                                      std::move(answer)}});
}

void JobMaster::Take(Request request) {
  const int64_t number = next_request_++;
  answers_[number] = std::move(request.answer);
  if (request.wish == Wish::kStop || request.wish == Wish::kDrain) {
    Enqueue(checkpoint::StopAsked{number, request.wish == Wish::kDrain});
  } else {
    Enqueue(checkpoint::Asked{number, request.wish == Wish::kSavepoint});
  }
}

void JobMaster::RunUntilEnd() {
  while (true) {
    const int64_t next_nanos = RunOnce();
    if (is_over()) return;
    waker_.Wait(next_nanos == INT64_MAX
                    ? INT64_MAX
                    : next_nanos - environment_.clock->SteadyNanos());
  }
}

int64_t JobMaster::RunOnce() {
  waker_.BeginTurn();
  for (Message& message : mailbox_.TakeAll()) {
    if (message.attempt != kAnyAttempt &&
        message.attempt != execution_.attempt()) {
      continue;
    }
    if (auto* event = std::get_if<Event>(&message.content)) {
      Enqueue(std::move(*event));
    } else if (auto* request = std::get_if<Request>(&message.content)) {
      Take(std::move(*request));
    } else {
      std::get<std::function<void()>>(message.content)();
    }
    StepAll();
  }
  if (execution_.WakeAt() <= Now()) Enqueue(JobExecution::Tick{});
  if (coordinator_.WakeAt() <= Now()) Enqueue(checkpoint::Tick{});
  if (survey_at_ <= Now()) Survey();
  StepAll();
  if (waker_.WasWoken()) return 0;
  const absl::Duration due =
      std::min({execution_.WakeAt(), coordinator_.WakeAt(), survey_at_});
  const int64_t discovery_nanos = discoveries_.StartDue(
      [this, attempt = execution_.attempt()](
          VertexId source, absl::StatusOr<std::vector<Split>> splits) {
        Post(attempt, JobExecution::Discovered{source, std::move(splits)});
      });
  return due == absl::InfiniteDuration()
             ? discovery_nanos
             : std::min(discovery_nanos, absl::ToInt64Nanoseconds(due));
}

absl::Duration JobMaster::Now() const {
  return absl::Nanoseconds(environment_.clock->SteadyNanos());
}

void JobMaster::StepAll() {
  while (!events_.empty()) {
    Event event = std::move(events_.front());
    events_.pop_front();
    std::visit([this](auto& part) { Step(std::move(part)); }, event);
  }
}

void JobMaster::Step(JobExecution::Event event) {
  std::vector<SubtaskId> subtasks;
  const bool was_up = execution_.is_up();
  if (const auto* deployed = std::get_if<JobExecution::Deployed>(&event)) {
    subtasks = deployed->subtasks;
  }
  if (auto* ended = std::get_if<JobExecution::SubtaskEnded>(&event);
      ended != nullptr && ended->status.ok() && !coordinator_.has_ended()) {
    ended->status = absl::InternalError(
        "a subtask ended although the final checkpoint has not completed");
  }
  std::vector<JobExecution::Action> actions =
      execution_.Step(std::move(event), Now());
  if (!was_up && execution_.is_up()) {
    Enqueue(checkpoint::AttemptStarted{
        .attempt = execution_.attempt(),
        .subtasks = std::move(subtasks),
        .restored = restored_,
        .older = std::exchange(beginning_.older, {}),
        .is_borrowed = restored_ == environment_.restore,
        .ends_job = beginning_.ends_job});
    if (restored_ != nullptr) {
      stats_.restored = restored_->checkpoint;
      stats_.restored_at = environment_.clock->Now();
    }
    ShowCheckpoints();
  }
  // The end is shown when the store, too, has nothing under way.
  if (!IsTerminal(execution_.state())) {
    ShowState(execution_.state());
  } else if (!ending_) {
    ending_ = true;
    Enqueue(checkpoint::JobEnded{execution_.state()});
  }
  for (JobExecution::Action& action : actions) {
    std::visit([this](auto& part) { Do(std::move(part)); }, action);
  }
}

void JobMaster::Step(checkpoint::Event event) {
  if (std::holds_alternative<checkpoint::Acknowledged>(event) &&
      !Failpoint("jm.ack.before_record").ok()) {
    return;  // Lost on the way.
  }
  if (auto* reserved = std::get_if<checkpoint::IdReserved>(&event)) {
    // Now, and not before: no split is given out between this and the barrier.
    if (execution_.is_up()) {
      reserved->enumerators = execution_.SnapshotEnumerators();
    }
    reserved->wall_ms = absl::ToUnixMillis(environment_.clock->Now());
  }
  const bool begins = std::holds_alternative<checkpoint::AttemptStarted>(event);
  for (checkpoint::Action& action :
       coordinator_.Step(std::move(event), Now())) {
    std::visit([this](auto& part) { Do(std::move(part)); }, action);
  }
  if (begins) Survey();
}

void JobMaster::ShowState(JobState state) {
  // A job may be restarted again and again before it runs: each time is said.
  const int64_t restarts = execution_.restarts();
  if (shown_state_ == state && shown_restarts_ == restarts) return;
  shown_state_ = state;
  shown_restarts_ = restarts;
  if (state_metrics_) state_metrics_->Enter(state);
  if (environment_.on_state) {
    environment_.on_state(state, execution_.first_failure());
  }
}

Deployer::Listener JobMaster::ListenerOf(int64_t attempt) {
  return {
      .deployed =
          [=, this](absl::StatusOr<Deployer::Deployment> deployed) {
            if (!deployed.ok()) {
              Post(attempt,
                   JobExecution::Deployed{.status = deployed.status()});
              return;
            }
            Post(attempt, JobExecution::Deployed{
                              .subtasks = std::move(deployed->subtasks),
                              .stoppers = deployed->stoppers});
          },
      .drained =
          [=, this](SubtaskId subtask) {
            Post(attempt, checkpoint::Drained{attempt, subtask});
          },
      .ended =
          [=, this](SubtaskId subtask, absl::Status status) {
            Post(attempt,
                 JobExecution::SubtaskEnded{subtask, std::move(status)});
          },
      .splits_requested =
          [=, this](VertexId source, int subtask) {
            Post(attempt, JobExecution::SplitsRequested{source, subtask});
          },
      // Of an earlier attempt, too: its files are known by this alone.
      .acknowledged =
          [=, this](Acknowledgement part) {
            Post(kAnyAttempt,
                 checkpoint::Acknowledged{attempt, std::move(part)});
          },
      .stopped = [=, this] { Post(attempt, JobExecution::Stopped{}); }};
}

void JobMaster::Do(JobExecution::Prepare) {
  if (!errands_) {
    Enqueue(JobExecution::Prepared{
        JobExecution::Basis{++attempts_, environment_.restore}});
    return;
  }
  errands_->BeginAttempt(
      IsKept(),
      [this](absl::StatusOr<CheckpointErrands::Beginning> beginning) {
        if (!beginning.ok()) {
          Enqueue(JobExecution::Prepared{beginning.status()});
          return;
        }
        beginning_ = *std::move(beginning);
        Enqueue(JobExecution::Prepared{JobExecution::Basis{
            beginning_.attempt, beginning_.latest != nullptr
                                    ? std::move(beginning_.latest)
                                    : environment_.restore}});
      });
}

std::function<bool(CheckpointId)> JobMaster::IsKept() const {
  return [kept = coordinator_.retained().ids()](CheckpointId id) {
    return std::binary_search(kept.begin(), kept.end(), id);
  };
}

// Of what lies in the store, once an attempt has begun: the ids that it gives
// out are greater than all that is found.
void JobMaster::Survey() {
  survey_at_ = absl::InfiniteDuration();
  if (!errands_ || !beginning_.all_read || surveying_ || ending_) return;
  surveying_ = true;
  errands_->List(
      IsKept(), [this](absl::StatusOr<CheckpointErrands::Listing> listing) {
        surveying_ = false;
        if (listing.ok()) {
          Enqueue(checkpoint::Listed{std::move(listing->names),
                                     std::move(listing->savepoints),
                                     listing->next});
        } else {
          survey_at_ = Now() + kSurveyRetry;
        }
      });
}

void JobMaster::Do(JobExecution::Deploy deploy) {
  const absl::Status renewed = discoveries_.Renew();
  if (!renewed.ok()) {
    Enqueue(JobExecution::Deployed{.status = renewed});
    return;
  }
  restored_ = deploy.basis.restore;
  environment_.deployer->Deploy(plan_, deploy.basis.attempt,
                                std::move(deploy.basis.restore),
                                ListenerOf(deploy.basis.attempt));
}

void JobMaster::Do(JobExecution::StopSubtasks) {
  discoveries_.Stop();
  environment_.deployer->Stop();
}

void JobMaster::Do(JobExecution::Settle) {
  Enqueue(checkpoint::AttemptEnded{});
}

void JobMaster::Do(JobExecution::Discover discover) {
  discoveries_.Schedule(discover.source, discover.after);
}

void JobMaster::Do(JobExecution::GiveSplits splits) {
  if (environment_.on_splits) environment_.on_splits(splits);
  environment_.deployer->GiveSplits(std::move(splits));
}

void JobMaster::Do(checkpoint::ReserveId) {
  errands_->ReserveId([this](absl::StatusOr<CheckpointId> id) {
    Enqueue(checkpoint::IdReserved{.id = std::move(id)});
  });
}

void JobMaster::Do(checkpoint::Trigger trigger) {
  absl::Status status = Failpoint("jm.trigger.before_rpc");
  if (status.ok()) {
    if (trigger.stop) {
      environment_.deployer->TriggerLastCheckpoint(trigger.checkpoint);
    } else {
      environment_.deployer->TriggerCheckpoint(trigger.checkpoint);
    }
    status = Failpoint("jm.trigger.after_rpc");
  }
  if (!status.ok()) {
    Enqueue(checkpoint::TriggerFailed{trigger.checkpoint, std::move(status)});
  }
}

void JobMaster::Do(checkpoint::DrainSources) {
  absl::Status drained = environment_.deployer->DrainSources();
  if (!drained.ok()) Enqueue(checkpoint::DrainRefused{std::move(drained)});
}

void JobMaster::Do(checkpoint::Abort abort) {
  environment_.deployer->AbortCheckpoint(abort.checkpoint);
}

void JobMaster::Do(checkpoint::WriteManifest write) {
  write.manifest->completed_ms =
      absl::ToUnixMillis(environment_.clock->Now());
  errands_->WriteManifest(std::move(write.manifest),
                          [this](absl::Status status) {
                            Enqueue(checkpoint::ManifestWritten{
                                std::move(status)});
                          });
}

void JobMaster::Do(checkpoint::SwapPointer swap) {
  errands_->SwapPointer(swap.ends_job, [this](absl::Status status) {
    Enqueue(checkpoint::PointerSwapped{std::move(status)});
  });
}

void JobMaster::Do(checkpoint::Complete complete) {
  // Lost on the way: the next one, or the same one said again, stands for it.
  if (!Failpoint("jm.complete.before_notify").ok()) return;
  environment_.deployer->CompleteCheckpoint(complete.checkpoint,
                                            complete.final);
}

void JobMaster::Do(checkpoint::Delete waste) {
  errands_->Delete(std::move(waste.names));
}

void JobMaster::Do(checkpoint::ForgetJob forget) {
  errands_->Forget(std::move(forget.names), [this](absl::Status status) {
    Enqueue(checkpoint::JobForgotten{std::move(status)});
  });
}

void JobMaster::Do(checkpoint::FailAttempt fail) {
  Enqueue(JobExecution::AttemptFailed{std::move(fail.cause)});
}

void JobMaster::Do(checkpoint::Answer answer) {
  const auto asked = answers_.extract(answer.request);
  if (!asked.empty()) asked.mapped()(std::move(answer.outcome));
}

void JobMaster::Do(checkpoint::Settled) {
  if (ending_) {
    ShowState(execution_.state());
  } else {
    Enqueue(JobExecution::Settled{});
  }
}

void JobMaster::Do(CheckpointReport report) {
  report.at = environment_.clock->Now();
  const std::string& folder = environment_.checkpoints.directory;
  if (!folder.empty() && report.checkpoint.value() > 0) {
    const std::string manifest =
        ManifestName(environment_.job_id, report.checkpoint);
    report.path = absl::StrCat(
        folder, "/", manifest.substr(0, manifest.rfind('/')));
  }
  stats_.Add(report, report.at);
  if (report.outcome == CheckpointReport::Outcome::kCompleted) {
    Enqueue(JobExecution::CheckpointCompleted{});
  }
  ShowCheckpoints();
}

void JobMaster::ShowCheckpoints() {
  if (metrics_) metrics_->Set(stats_, execution_.restarts());
  if (environment_.on_checkpoint) environment_.on_checkpoint(stats_);
}

}  // namespace millrace
