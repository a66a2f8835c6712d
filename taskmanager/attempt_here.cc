#include "taskmanager/attempt_here.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/config_lookup.h"
#include "runtime/plan/plan_codec.h"
#include "taskmanager/latency_interval.h"
#include "taskmanager/periodic_checkpoints.h"

namespace millrace {

using to_job_manager::Acknowledged;
using to_job_manager::Drained;
using to_job_manager::Ended;
using to_job_manager::FinishLine;
using to_job_manager::SplitsRequested;

AttemptHere::AttemptHere(to_task_manager::Deploy deploy,
                         const Environment* environment)
    : deploy_(std::move(deploy)),
      environment_(*environment),
      config_(environment_.config) {
  for (const auto& [key, value] : deploy_.config) {
    master_config_[key] = value;
    config_[key] = value;
  }
}

AttemptHere::~AttemptHere() = default;

to_job_manager::Deployed AttemptHere::Build() {
  to_job_manager::Deployed deployed = {.attempt = deploy_.attempt};
  deployed.status = Prepare();
  if (deployed.status.ok()) deployed.status = Start();
  if (!deployed.status.ok()) return deployed;
  deployed.subtasks = runner_->subtasks();
  deployed.roots = runner_->roots();
  const RestoreReport& restored = runner_->restored();
  deployed.kept_states = static_cast<int32_t>(restored.kept.size());
  deployed.new_states = static_cast<int32_t>(restored.fresh.size());
  deployed.dropped_states = restored.dropped;
  return deployed;
}

absl::Status AttemptHere::Prepare() {
  ASSIGN_OR_RETURN(plan_, JobPlanFromJson(deploy_.plan));
  ASSIGN_OR_RETURN(const std::string folder, CheckpointFolder());
  ASSIGN_OR_RETURN(checkpoints_, environment_.folders->Open(folder));
  if (!deploy_.restore_object.empty()) {
    auto read = checkpoints_->Get(deploy_.restore_object);
    if (!read.ok()) return Annotate(read.status(), deploy_.restore_object);
    deploy_.restore = *std::move(read);
  }
  if (!deploy_.restore.empty()) {
    ASSIGN_OR_RETURN(Manifest manifest, DecodeManifest(deploy_.restore));
    restore_ = std::make_shared<const Manifest>(std::move(manifest));
  }
  // They are large, and not needed again.
  deploy_.plan = {};
  deploy_.restore = {};
  return absl::OkStatus();
}

absl::StatusOr<std::string> AttemptHere::CheckpointFolder() const {
  std::string folder =
      ConfigLookup(plan_.config, config_)
          .Text({"execution.checkpointing.dir", "state.checkpoints.dir"}, "");
  if (!folder.empty()) return folder;
  return UserError({.code = "JOB-0071",
                    .what = "there is no place for checkpoints",
                    .where = {},
                    .why = "execution.checkpointing.dir is not set",
                    .fix = "Set it for the cluster to a folder that every "
                           "machine of it reaches."});
}

absl::Status AttemptHere::Start() {
  ASSIGN_OR_RETURN(SubtaskEnvironment environment, EnvironmentOfSubtasks());
  AttemptRunner::Options options = {
      .placement = {.process_of_slot = {deploy_.process_of_slot.begin(),
                                        deploy_.process_of_slot.end()},
                    .self = deploy_.self},
      .environment = std::move(environment),
      .open_store = environment_.open_store,
      .local_folder = environment_.local_folder + "/state",
      .one_thread = environment_.one_thread};
  ASSIGN_OR_RETURN(options.backend,
                   ParseStateBackendConfig(plan_.config, config_));
  options.remote = OpenChannels();
  runner_ = std::make_unique<AttemptRunner>(std::move(options));
  return runner_->Start(
      plan_,
      {.built =
           [this](const std::vector<AttemptRunner::Counters>& counters) {
             report_.emplace(&plan_, counters);
           },
       .ended =
           [this](SubtaskId subtask, absl::Status status) {
             environment_.post(ledger::FromAttempt{
                 Ended{deploy_.attempt, subtask, std::move(status)}});
           },
       .stopped =
           [this] { environment_.post(ledger::Halted{deploy_.attempt}); }});
}

absl::StatusOr<SubtaskEnvironment> AttemptHere::EnvironmentOfSubtasks()
    const {
  const auto& post = environment_.post;
  const AttemptRef& attempt = deploy_.attempt;
  SubtaskEnvironment environment = environment_.subtasks;
  ASSIGN_OR_RETURN(environment.latency_interval,
                   ParseLatencyInterval(plan_.config, config_));
  // The master's alone: it is who takes them.
  ASSIGN_OR_RETURN(environment.takes_periodic_checkpoints,
                   TakesPeriodicCheckpoints(plan_.config, master_config_));
  environment.job_id = attempt.job_id;
  environment.attempt = attempt.attempt;
  environment.checkpoints = checkpoints_;
  environment.restore = restore_;
  environment.dead_letter_directory = absl::StrCat(
      environment_.dead_letter_folder, "/", attempt.job_id);
  environment.acknowledge = [&post, attempt](Acknowledgement acknowledgement) {
    post(ledger::FromAttempt{
        Acknowledged{attempt, std::move(acknowledgement)}});
  };
  environment.drained = [&post, attempt](SubtaskId subtask) {
    post(ledger::FromAttempt{Drained{attempt, subtask}});
  };
  environment.request_splits = [&post, attempt](VertexId source, int subtask) {
    post(ledger::FromAttempt{SplitsRequested{attempt, source, subtask}});
  };
  environment.report_line = [&post, attempt](VertexId vertex, int subtask,
                                             std::string line) {
    post(ledger::FromAttempt{
        FinishLine{attempt, {vertex, subtask}, std::move(line)}});
  };
  return environment;
}

std::unique_ptr<RemoteChannels> AttemptHere::OpenChannels() {
  if (environment_.data_plane == nullptr || deploy_.processes.size() < 2) {
    return nullptr;
  }
  const auto on_lost = [this](int process, const absl::Status& why) {
    environment_.post(ledger::PeerLost{
        deploy_.attempt,
        Annotate(why, absl::StrCat("the connection with TaskManager ",
                                   deploy_.processes[process].task_manager))});
  };
  DataPump::EdgeColumns columns;
  for (const Edge& edge : plan_.edges) {
    auto& types = columns.emplace_back();
    for (const RowField& field : plan_.vertices[edge.from.value()].output) {
      types.push_back(field.type);
    }
  }
  return environment_.data_plane->OpenAttempt(
      deploy_.attempt, deploy_.processes, on_lost, std::move(columns));
}

void AttemptHere::Tell(ledger::Command command) {
  if (auto* given = std::get_if<to_task_manager::GiveSplits>(&command)) {
    const SubtaskId source = {given->source, given->subtask};
    // Splits that were restored have the first places, and are not told.
    if (restore_ == nullptr) report_->AddSplits(source, given->splits);
    runner_->Give(source, {.splits = std::move(given->splits),
                           .no_more_splits = given->no_more_splits,
                           .hold_watermark = given->hold_watermark});
  } else if (auto* trigger = std::get_if<to_task_manager::Trigger>(&command)) {
    runner_->Trigger({.checkpoint = trigger->checkpoint,
                      .stand_still = trigger->stand_still,
                      .triggered_micros = trigger->triggered_micros});
  } else if (auto* complete =
                 std::get_if<to_task_manager::Complete>(&command)) {
    runner_->Complete(complete->checkpoint, complete->final);
  } else if (auto* abort = std::get_if<to_task_manager::Abort>(&command)) {
    runner_->Abort(abort->checkpoint);
  } else {
    runner_->DrainSources();
  }
}

std::vector<SubtaskReport> AttemptHere::Report() const {
  return report_ ? report_->Read() : std::vector<SubtaskReport>();
}

}  // namespace millrace
