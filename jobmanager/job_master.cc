#include "jobmanager/job_master.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<std::unique_ptr<JobMaster>> JobMaster::Open(
    const JobPlan& plan, Environment environment) {
  absl::btree_map<VertexId, JobExecution::Source> sources;
  absl::btree_map<VertexId, std::unique_ptr<SplitDiscovery>> discoveries;
  for (const Vertex& vertex : plan.vertices) {
    const auto* spec = std::get_if<SourceSpec>(&vertex.spec);
    if (spec == nullptr) continue;
    ASSIGN_OR_RETURN(const Connector* connector,
                     environment.connectors->FindFor(spec->table));
    auto enumerator =
        connector->MakeEnumerator(spec->table, vertex.parallelism);
    if (!enumerator.ok()) return Annotate(enumerator.status(), vertex.name);
    auto discovery =
        connector->MakeDiscovery(spec->table, vertex.parallelism);
    if (!discovery.ok()) return Annotate(discovery.status(), vertex.name);
    sources[vertex.id] = {*std::move(enumerator), vertex.parallelism};
    discoveries[vertex.id] = *std::move(discovery);
  }
  return std::unique_ptr<JobMaster>(
      new JobMaster(plan, std::move(environment), std::move(sources),
                    std::move(discoveries)));
}

JobMaster::JobMaster(
    const JobPlan& plan, Environment environment,
    absl::btree_map<VertexId, JobExecution::Source> sources,
    absl::btree_map<VertexId, std::unique_ptr<SplitDiscovery>> discoveries)
    : plan_(plan),
      environment_(std::move(environment)),
      execution_(std::move(sources)),
      discoveries_(std::move(discoveries)),
      mailbox_([this] { waker_.Wake(); }) {
  Post(JobExecution::Start{});
}

void JobMaster::Cancel() { Post(JobExecution::CancelAsked{}); }

void JobMaster::RunUntilEnd() {
  while (true) {
    const int64_t next_nanos = RunOnce();
    if (IsTerminal(execution_.state())) return;
    waker_.Wait(next_nanos == INT64_MAX
                    ? INT64_MAX
                    : next_nanos - environment_.clock->SteadyNanos());
  }
}

int64_t JobMaster::RunOnce() {
  waker_.BeginTurn();
  for (Message& message : mailbox_.TakeAll()) {
    // What an earlier attempt still says concerns nobody.
    if (message.attempt != environment_.attempt) continue;
    Handle(std::move(message.event));
  }
  return waker_.WasWoken() ? 0 : StartDueDiscoveries();
}

void JobMaster::Handle(Event event) {
  const JobState before = execution_.state();
  std::vector<JobExecution::Action> actions =
      execution_.Step(std::move(event));
  if (execution_.state() != before && environment_.on_state) {
    environment_.on_state(execution_.state(), execution_.first_failure());
  }
  for (JobExecution::Action& action : actions) {
    std::visit([this](auto& part) { Do(std::move(part)); }, action);
  }
}

void JobMaster::Do(JobExecution::Deploy) {
  environment_.deployer->Deploy(
      plan_, environment_.attempt, nullptr,
      {.deployed =
           [this](absl::StatusOr<Deployer::Deployment> deployed) {
             if (!deployed.ok()) {
               Post(JobExecution::Deployed{.status = deployed.status()});
               return;
             }
             Post(JobExecution::Deployed{
                 .subtasks = static_cast<int>(deployed->subtasks.size()),
                 .stoppers = deployed->stoppers});
           },
       .ended =
           [this](SubtaskId, absl::Status status) {
             Post(JobExecution::SubtaskEnded{std::move(status)});
           },
       .splits_requested =
           [this](VertexId source, int subtask) {
             Post(JobExecution::SplitsRequested{source, subtask});
           },
       .stopped = [this] { Post(JobExecution::Stopped{}); }});
}

void JobMaster::Do(JobExecution::StopSubtasks) {
  due_.clear();
  environment_.deployer->Stop();
}

void JobMaster::Do(JobExecution::Discover discover) {
  due_.push_back({discover.source,
                  environment_.clock->SteadyNanos() +
                      absl::ToInt64Nanoseconds(discover.after)});
}

void JobMaster::Do(JobExecution::GiveSplits splits) {
  if (environment_.on_splits) environment_.on_splits(splits);
  environment_.deployer->GiveSplits(std::move(splits));
}

int64_t JobMaster::StartDueDiscoveries() {
  const int64_t now = environment_.clock->SteadyNanos();
  int64_t next_nanos = INT64_MAX;
  std::erase_if(due_, [&](const DueDiscovery& due) {
    if (due.at_nanos > now) {
      next_nanos = std::min(next_nanos, due.at_nanos);
      return false;
    }
    // The next discovery of a source is due only after this one's outcome.
    environment_.background->Post(
        [this, source = due.source,
         discovery = discoveries_[due.source].get()] {
          Post(JobExecution::Discovered{source, discovery->Discover()});
        });
    return true;
  });
  return next_nanos;
}

}  // namespace millrace
