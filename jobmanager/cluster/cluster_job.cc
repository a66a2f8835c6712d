#include "jobmanager/cluster/cluster_job.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/connector/config_lookup.h"

namespace millrace {
namespace {

// Beyond what any state takes to be read back.
constexpr absl::Duration kDeployLimit = absl::Minutes(10);

absl::Duration DeployLimitOf(const JobPlan& plan,
                             const ClusterJob::Config& config) {
  const TableOptions job(plan.config.begin(), plan.config.end());
  const TableOptions cluster(config.begin(), config.end());
  return ConfigLookup(job, cluster)
      .Duration({"execution.deployment-timeout"}, kDeployLimit)
      .value_or(kDeployLimit);
}

}  // namespace

ClusterJob::ClusterJob(RegisteredJob job, std::shared_ptr<const JobPlan> plan,
                       std::string plan_json, const Config* config,
                       Ports ports)
    : job_(std::move(job)),
      plan_(std::move(plan)),
      plan_json_(std::move(plan_json)),
      config_(config),
      ports_(std::move(ports)),
      board_(job_, plan_),
      deploy_limit_(DeployLimitOf(*plan_, *config)) {}

int ClusterJob::slots() const {
  int most = 1;
  for (const Vertex& vertex : plan_->vertices) {
    most = std::max(most, vertex.parallelism);
  }
  return most;
}

void ClusterJob::OnOrder(ClusterDeployer::Order order) {
  std::visit([this](auto& part) { On(std::move(part)); }, order);
}

void ClusterJob::On(ClusterDeployer::DeployAsked order) {
  asked_ = std::move(order);
  deployment_.reset();
  board_.OnDeploying(asked_.attempt);
  if (cancelled_) {
    asked_.listener.deployed(absl::CancelledError("the job was cancelled"));
    return;
  }
  waits_for_slots_ = true;
  ports_.want_slots(job_.job_id, slots());
}

void ClusterJob::OnSlots(const std::vector<Place>& place_of_slot) {
  if (!std::exchange(waits_for_slots_, false)) return;
  processes_.clear();
  deploy_ = {.attempt = Present(),
             .plan = plan_json_,
             .config = *config_,
             .restore = std::move(asked_.restore),
             .restore_object = std::move(asked_.restore_object)};
  AttemptDeployment::Options options = {.attempt = Present(),
                                        .deploy_limit = deploy_limit_};
  for (const Place& place : place_of_slot) {
    auto process = ProcessOf(place.conversation);
    if (!process.has_value()) {
      process = static_cast<int>(processes_.size());
      processes_.push_back(place);
      deploy_.processes.push_back({.task_manager = place.who.task_manager,
                                   .life = place.who.life,
                                   .data_address = place.who.data_address});
      options.names.push_back(place.who.task_manager);
    }
    deploy_.process_of_slot.push_back(*process);
  }
  options.process_of_slot = deploy_.process_of_slot;
  deployment_.emplace(std::move(options));
  Step(AttemptDeployment::Begin{});
}

std::optional<int> ClusterJob::ProcessOf(ConversationId conversation) const {
  for (size_t i = 0; i < processes_.size(); ++i) {
    if (processes_[i].conversation == conversation) return i;
  }
  return std::nullopt;
}

void ClusterJob::On(JobExecution::GiveSplits order) { Step(std::move(order)); }

void ClusterJob::On(ClusterDeployer::DrainAsked) {
  Step(to_task_manager::DrainSources{Present()});
}

void ClusterJob::On(ClusterDeployer::TriggerAsked order) {
  Step(to_task_manager::Trigger{.attempt = Present(),
                                .checkpoint = order.checkpoint,
                                .stand_still = order.is_last,
                                .triggered_micros = absl::ToUnixMicros(
                                    ports_.clock->Now())});
}

void ClusterJob::On(ClusterDeployer::CompleteAsked order) {
  Step(to_task_manager::Complete{Present(), order.checkpoint, order.final});
}

void ClusterJob::On(ClusterDeployer::AbortAsked order) {
  Step(to_task_manager::Abort{Present(), order.checkpoint});
}

void ClusterJob::On(ClusterDeployer::StopAsked) {
  Step(AttemptDeployment::Stop{});
}

void ClusterJob::OnSaid(ConversationId conversation,
                        to_job_manager::Message message) {
  const auto process = ProcessOf(conversation);
  if (!process.has_value()) return;
  if (auto* line = std::get_if<to_job_manager::FinishLine>(&message)) {
    board_.OnFinishLine(std::move(line->line));
    return;
  }
  Step(AttemptDeployment::Said{*process, std::move(message)});
}

void ClusterJob::OnLost(ConversationId conversation,
                        const absl::Status& status) {
  const auto process = ProcessOf(conversation);
  if (process.has_value()) Step(AttemptDeployment::Lost{*process, status});
}

void ClusterJob::OnDraining(ConversationId conversation,
                            const absl::Status& status) {
  const auto process = ProcessOf(conversation);
  if (process.has_value()) Step(AttemptDeployment::Draining{*process, status});
}

void ClusterJob::OnTick(absl::Duration now) {
  if (now >= WakeAt()) Step(AttemptDeployment::Tick{});
}

absl::Duration ClusterJob::WakeAt() const {
  return deployment_.has_value() ? deployment_->WakeAt()
                                 : absl::InfiniteDuration();
}

void ClusterJob::Cancel() {
  if (std::exchange(cancelled_, true)) return;
  // Its master first: what it hears then is that nothing came of the attempt
  // that it wants no more.
  hosted_->Cancel();
  const absl::Status why = absl::CancelledError("the job was cancelled");
  if (std::exchange(waits_for_slots_, false)) {
    asked_.listener.deployed(why);
  } else {
    Step(AttemptDeployment::GiveUp{why});
  }
}

void ClusterJob::Clear() {
  asked_.listener = {};
  waits_for_slots_ = false;
  if (!deployment_.has_value()) return;
  deployment_.reset();
  for (const Place& process : processes_) {
    ports_.send(process.conversation, to_task_manager::Stop{Present()});
  }
}

bool ClusterJob::IsPresent(const AttemptRef& attempt) const {
  return deployment_.has_value() && attempt == Present();
}

void ClusterJob::Step(AttemptDeployment::Event event) {
  if (!deployment_.has_value()) return;
  const absl::Duration now =
      absl::Nanoseconds(ports_.clock->SteadyNanos());
  for (AttemptDeployment::Action& action :
       deployment_->Step(std::move(event), now)) {
    std::visit([this](auto& part) { Do(std::move(part)); }, action);
  }
}

void ClusterJob::Do(AttemptDeployment::SendDeploy action) {
  deploy_.self = action.process;
  ports_.send(processes_[action.process].conversation, deploy_);
}

void ClusterJob::Do(AttemptDeployment::Send action) {
  ports_.send(processes_[action.process].conversation,
              std::move(action.message));
}

void ClusterJob::Do(AttemptDeployment::HangUp action) {
  ports_.hang_up(processes_[action.process].conversation,
                 std::move(action.why));
}

void ClusterJob::Do(AttemptDeployment::SayDeployed action) {
  const bool restored =
      !deploy_.restore.empty() || !deploy_.restore_object.empty();
  deploy_ = {};
  const absl::Time now = ports_.clock->Now();
  if (action.deployment.ok()) {
    std::vector<JobBoard::Placed> placed;
    for (const SubtaskId& subtask : action.deployment->subtasks) {
      placed.push_back(
          {subtask,
           deployment_->name_of(deployment_->process_of(subtask.index))});
    }
    board_.OnUp(placed, now);
    if (restored) SayRestored(action.restored);
  } else {
    board_.OnNotDeployed(action.deployment.status(), now);
  }
  asked_.listener.deployed(std::move(action.deployment));
}

void ClusterJob::SayRestored(const AttemptDeployment::Restored& restored) {
  ports_.log(absl::StrCat(
      "job ", job_.job_id, " goes on: ", restored.kept, " of its states kept, ",
      restored.fresh, " begin empty",
      restored.dropped.empty() ? "" : "; dropped, no longer in the plan: ",
      absl::StrJoin(restored.dropped, ", ")));
}

void ClusterJob::Do(AttemptDeployment::SayDrained action) {
  asked_.listener.drained(action.subtask);
}

void ClusterJob::Do(AttemptDeployment::SayEnded action) {
  board_.OnEnded(action.subtask, action.status, ports_.clock->Now());
  asked_.listener.ended(action.subtask, std::move(action.status));
}

void ClusterJob::Do(AttemptDeployment::SayRequested action) {
  asked_.listener.splits_requested(action.source, action.subtask);
}

void ClusterJob::Do(AttemptDeployment::SayAcknowledged action) {
  asked_.listener.acknowledged(std::move(action.acknowledgement));
}

void ClusterJob::Do(AttemptDeployment::SayStopped) {
  asked_.listener.stopped();
}

}  // namespace millrace
