#include "cli/taskmanager_command.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "cli/cluster_process.h"
#include "cli/environment.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "cli/metrics_endpoint.h"
#include "cli/taskmanager_settings.h"
#include "runtime/base/bind_host.h"
#include "runtime/base/core_count.h"
#include "runtime/base/error.h"
#include "runtime/base/process_metrics.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/waker.h"
#include "runtime/rpc/grpc_network.h"
#include "runtime/rpc/listen_address.h"
#include "taskmanager/data_plane.h"
#include "taskmanager/home_folder.h"
#include "taskmanager/task_manager.h"

namespace millrace {
namespace {

// How soon an interrupt is seen; an idle process's only cost besides its
// heartbeat.
constexpr absl::Duration kRunLookEvery = absl::Milliseconds(250);
// How long the TaskManager of this name that is being replaced may still live:
// longer than it takes to end when it is told to.
constexpr absl::Duration kOverlap = absl::Seconds(40);
constexpr absl::Duration kStepOfOverlap = absl::Milliseconds(200);

// One process with its doors; members go from the last to the first.
struct Process {
  const int64_t life = NewLife();
  std::unique_ptr<Environment> environment = MakeEnvironment();
  std::unique_ptr<MemoryBudget> memory;
  std::shared_ptr<MetricGroup> usage;
  std::unique_ptr<HomeFolder> home;
  Gauge registered;
  GrpcNetwork network;
  std::unique_ptr<DataPlane> data_plane;
  std::unique_ptr<MetricsEndpoint> metrics;
  std::unique_ptr<TaskManager> task_manager;
};

// False: it is to end.
bool PauseInOverlap() {
  Waker nobody;
  nobody.BeginTurn();
  nobody.Wait(absl::ToInt64Nanoseconds(kStepOfOverlap));
  return !Interrupted();
}

// `address`: where it was listened at.
std::string HostAndPort(const std::string& host, absl::string_view address) {
  const auto at = ParseListenAddress(address);
  return HostWithPort(host, at.ok() ? at->port : 0);
}

// At the first port that is free.
absl::StatusOr<std::unique_ptr<DataPlane>> OpenDataPlane(
    const TaskManagerSettings& settings, const std::string& name,
    Process& process) {
  absl::StatusOr<std::unique_ptr<DataPlane>> opened;
  for (int port = settings.data_ports.first;
       port <= settings.data_ports.last; ++port) {
    opened = DataPlane::Open(
        {.task_manager = name,
         .life = process.life,
         .network = &process.network,
         .listen_address = HostWithPort(settings.bind_host, port),
         .clock = &process.environment->clock,
         .metrics = &process.environment->metrics});
    if (!absl::IsUnavailable(opened.status())) return opened;
  }
  return opened;
}

TaskManager::Options OptionsOf(const TaskManagerSettings& settings,
                               const ConfigMap& config,
                               to_job_manager::Register self,
                               Process& process) {
  Environment& environment = *process.environment;
  TaskManager::Options options = {.self = std::move(self),
                                  .job_manager = settings.job_manager,
                                  .network = &process.network,
                                  .ready = &process.registered,
                                  .say = Log};
  AttemptHere::Environment& attempts = options.attempts;
  attempts.subtasks.connectors = &environment.connectors;
  attempts.subtasks.functions = &environment.functions;
  attempts.subtasks.clock = &environment.clock;
  attempts.subtasks.disk = &environment.disk;
  attempts.subtasks.memory = process.memory.get();
  attempts.subtasks.metrics = &environment.metrics;
  attempts.subtasks.metric_labels = {{"host", settings.host},
                                     {"tm_id", options.self.task_manager}};
  attempts.config = config;
  attempts.data_plane = process.data_plane.get();
  attempts.local_folder = process.home->path();
  attempts.dead_letter_folder =
      absl::StrCat(settings.data_directory, "/dead-letters");
  return options;
}

std::vector<std::string> NamesOf(const ConnectorRegistry& registry) {
  std::vector<std::string> names = registry.ConnectorNames();
  for (std::string& format : registry.FormatNames()) {
    names.push_back(std::move(format));
  }
  return names;
}

absl::Status Open(const TaskManagerSettings& settings, const ConfigMap& config,
                  const std::string& version, Process& process) {
  Environment& environment = *process.environment;
  process.memory = std::make_unique<MemoryBudget>(settings.memory_bytes);
  // Others know it by its address, which is not known before it listens.
  const std::string name =
      settings.resource_id.empty()
          ? absl::StrFormat("%s-%06x", settings.host, process.life & 0xffffff)
          : settings.resource_id;
  process.usage = AddProcessMetrics(
      environment.metrics, "flink_taskmanager",
      {{"host", settings.host}, {"tm_id", name}}, &environment.clock,
      process.memory.get());
  ASSIGN_OR_RETURN(process.home,
                   HomeFolder::Open(
                       settings.data_directory + "/taskmanagers", name,
                       &environment.disk,
                       {.tries = static_cast<int>(kOverlap / kStepOfOverlap),
                        .pause = PauseInOverlap,
                        .say = Log}));
  ASSIGN_OR_RETURN(process.data_plane, OpenDataPlane(settings, name, process));
  ASSIGN_OR_RETURN(
      process.metrics,
      MetricsEndpoint::Open(
          settings.metrics_ports, environment.metrics,
          {.host = settings.bind_host,
           .is_ready =
               [&process] { return process.registered.value() != 0; }}));
  to_job_manager::Register self = {
      .task_manager = name,
      .life = process.life,
      .cluster = settings.cluster,
      .version = VersionInCluster(version),
      .slots = settings.slots,
      .data_address =
          HostAndPort(settings.host, process.data_plane->address()),
      .metrics_port = process.metrics->port(),
      .memory_bytes = settings.memory_bytes,
      .cores = CoreCount(),
      .connectors = NamesOf(environment.connectors)};
  Log(absl::StrCat("TaskManager ", name, ": ", settings.slots,
                   settings.slots == 1 ? " slot" : " slots", ", data at ",
                   self.data_address, ", metrics http://",
                   HostWithPort(settings.bind_host, process.metrics->port()),
                   "/metrics"));
  process.task_manager = std::make_unique<TaskManager>(
      OptionsOf(settings, config, std::move(self), process));
  return absl::OkStatus();
}

absl::Status Run(const TaskManagerArguments& arguments) {
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments.common));
  ASSIGN_OR_RETURN(const TaskManagerSettings settings,
                   ReadTaskManagerSettings(config, arguments.insecure));
  InstallInterruptHandler();
  Process process;
  RETURN_IF_ERROR(Open(settings, config, arguments.version, process));
  bool told = false;
  while (!process.task_manager->RunFor(kRunLookEvery)) {
    if (!Interrupted() || std::exchange(told, true)) continue;
    Log("Ends when what runs here was moved; once more ends it now.");
    process.task_manager->Terminate();
  }
  return *process.task_manager->outcome();
}

}  // namespace

int TaskManagerCommand(const TaskManagerArguments& arguments) {
  const absl::Status status = Run(arguments);
  return status.ok() ? kExitDone : ReportBadInput(status);
}

}  // namespace millrace
