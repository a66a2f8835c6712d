#include "cli/jobmanager_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "cli/cluster_process.h"
#include "cli/environment.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "cli/metrics_endpoint.h"
#include "cli/port_range.h"
#include "embedded/job_directory.h"
#include "jobmanager/cluster/dispatcher.h"
#include "jobmanager/cluster/life_locks.h"
#include "jobmanager/rest/rest_server.h"
#include "runtime/base/bind_host.h"
#include "runtime/base/error.h"
#include "runtime/base/process_metrics.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/waker.h"
#include "runtime/connector/config_lookup.h"
#include "runtime/rpc/grpc_network.h"
#include "state/storage/local_ha_store.h"
#include "state/storage/local_object_store.h"

namespace millrace {
namespace {

// How soon an interrupt is seen, and that the leader is dead.
constexpr absl::Duration kLookEvery = absl::Milliseconds(200);
// Below it a disk that is slow for a moment costs the lead.
constexpr absl::Duration kShortestLease = absl::Seconds(1);
// Beyond it the list of jobs is no small record any more.
constexpr int64_t kLongestHistory = 100;
// One for each process of a machine.
constexpr char kMetricsPorts[] = "9249-9279";

struct Settings {
  ConfigMap config;  // With absolute paths.
  std::string cluster;
  std::string root;  // Of the cluster's records.
  std::string resource_id;
  std::string rpc_host;
  std::string host;  // By which it is called in its metrics.
  int rpc_port = 0;
  std::string rest_host;
  int rest_port = 0;
  int64_t history = 0;
  absl::Duration lease;
  bool insecure = false;
};

constexpr char kWriter[] = "jm-";
std::string WriterOf(int64_t life) {
  return absl::StrCat(kWriter, absl::Hex(life));
}

bool IsWriterOf(const std::set<int64_t>& lives, absl::string_view writer) {
  int64_t life = 0;
  return absl::ConsumePrefix(&writer, kWriter) &&
         absl::SimpleHexAtoi(writer, &life) && lives.contains(life);
}

// TaskManagers are told the same, and may run in other folders.
std::string Absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

absl::StatusOr<Settings> ReadSettings(const JobManagerArguments& arguments) {
  Settings settings;
  ASSIGN_OR_RETURN(settings.config, LoadConfig(arguments.common));
  ConfigMap& config = settings.config;
  settings.cluster =
      ConfigValueOr(config, "high-availability.cluster-id", "default");
  settings.root = Absolute(absl::StrCat(
      ConfigValueOr(config, "high-availability.storageDir",
                    "millrace-data/cluster/ha"),
      "/", settings.cluster));
  const std::string checkpoints = Absolute(ConfigValueOr(
      config, "execution.checkpointing.dir",
      ConfigValueOr(config, "state.checkpoints.dir",
                    "millrace-data/cluster/checkpoints")));
  config["execution.checkpointing.dir"] = checkpoints;
  config["state.checkpoints.dir"] = checkpoints;
  settings.rpc_host =
      ConfigValueOr(config, "jobmanager.bind-host", "127.0.0.1");
  settings.rest_host =
      ConfigValueOr(config, "rest.bind-address", "127.0.0.1");
  RETURN_IF_ERROR(CheckBindHost("jobmanager.bind-host", settings.rpc_host,
                                arguments.insecure));
  ASSIGN_OR_RETURN(settings.rpc_port,
                   ParsePort("jobmanager.rpc.port",
                             ConfigValueOr(config, "jobmanager.rpc.port",
                                           "6123")));
  settings.host =
      OwnHost(ConfigValueOr(config, "jobmanager.rpc.address",
                            settings.rpc_host),
              settings.rpc_host, settings.rpc_port);
  ASSIGN_OR_RETURN(settings.rest_port,
                   ParsePort("rest.port",
                             ConfigValueOr(config, "rest.port",
                                           absl::StrCat(
                                               RestServer::kDefaultPort))));
  ASSIGN_OR_RETURN(settings.history,
                   ConfigLookup(config, config).Int({"web.history"}, 5, 0));
  settings.history = std::min(settings.history, kLongestHistory);
  constexpr char kLease[] = "high-availability.lease-duration";
  ASSIGN_OR_RETURN(settings.lease, ConfigLookup(config, config)
                                       .Duration({kLease}, absl::Seconds(15)));
  if (settings.lease < kShortestLease) {
    return BadConfigValue(kLease, ConfigValue(config, kLease),
                          "at least a second");
  }
  settings.insecure = arguments.insecure;
  settings.resource_id = ConfigValue(config, "jobmanager.resource-id");
  return settings;
}

// One process with its doors; members go from the last to the first.
struct JobManager {
  const int64_t life = NewLife();
  std::unique_ptr<Environment> environment = MakeEnvironment();
  std::shared_ptr<MetricGroup> usage;
  std::unique_ptr<LifeLocks> lives;
  std::unique_ptr<LocalHaStore> records;
  std::unique_ptr<LocalObjectStore> plans;
  GrpcNetwork network;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<RestServer> rest;
  std::unique_ptr<MetricsEndpoint> metrics;
};

Dispatcher::Options DispatcherOptions(const Settings& settings,
                                      const std::string& version,
                                      JobManager& manager) {
  Environment& environment = *manager.environment;
  const int64_t life = manager.life;
  return {.network = &manager.network,
          .bind_address =
              HostWithPort(settings.rpc_host, settings.rpc_port),
          .resource_id = settings.resource_id.empty()
                             ? absl::StrCat("jobmanager-", absl::Hex(life))
                             : settings.resource_id,
          .life = life,
          .lease = settings.lease,
          .look_every = kLookEvery,
          .is_dead =
              [lives = manager.lives.get()](int64_t other) {
                return lives->IsDead(other);
              },
          .cluster = {.cluster = settings.cluster,
                      .version = VersionInCluster(version),
                      .hosting = {.connectors = &environment.connectors,
                                  .clock = &environment.clock,
                                  .disk = &environment.disk,
                                  .records = manager.records.get(),
                                  .metrics = &environment.metrics,
                                  .metric_labels = {{"host",
                                                     settings.host}},
                                  .config = settings.config},
                      .plans = manager.plans.get(),
                      .most_ended = static_cast<int>(settings.history),
                      .new_job_id = NewJobId,
                      .log = Log}};
}

absl::Status Open(const Settings& settings, const std::string& version,
                  JobManager& manager) {
  Disk* const disk = &manager.environment->disk;
  manager.usage = AddProcessMetrics(
      manager.environment->metrics, "flink_jobmanager",
      {{"host", settings.host}}, &manager.environment->clock,
      /*memory=*/nullptr);
  // A new TaskManager is not asked for: whoever runs them starts them.
  manager.usage->AddGauge("numPendingTaskManagers",
                          "0: TaskManagers come by themselves.");
  RETURN_IF_ERROR(disk->MakeDirectory(settings.root));
  ASSIGN_OR_RETURN(manager.lives,
                   LifeLocks::Open(disk, settings.root + "/lives",
                                   HostIdentity(), manager.life));
  ASSIGN_OR_RETURN(manager.records,
                   LocalHaStore::Open(
                       disk, {.folder = settings.root + "/records",
                              .writer = WriterOf(manager.life)}));
  ASSIGN_OR_RETURN(manager.plans,
                   LocalObjectStore::Open(
                       disk, {.folder = settings.root + "/objects",
                              .writer = WriterOf(manager.life)}));
  ASSIGN_OR_RETURN(manager.dispatcher,
                   Dispatcher::Open(
                       DispatcherOptions(settings, version, manager)));
  RestServer::Options rest = {.host = settings.rest_host,
                              .port = settings.rest_port};
  rest.insecure = settings.insecure;
  rest.settings.version = version;
  rest.settings.config.assign(settings.config.begin(), settings.config.end());
  ASSIGN_OR_RETURN(manager.rest,
                   RestServer::Open(manager.dispatcher.get(),
                                    &manager.environment->clock,
                                    std::move(rest)));
  ASSIGN_OR_RETURN(
      manager.metrics,
      MetricsEndpoint::Open(
          ConfigValueOr(settings.config, "metrics.reporter.prom.port",
                        kMetricsPorts),
          manager.environment->metrics,
          {.host = settings.rpc_host,
           .is_ready = [gateway = manager.dispatcher.get()] {
             return gateway->View()->leads;
           }}));
  return absl::OkStatus();
}

void Wait(absl::Duration time) {
  Waker nobody;
  nobody.BeginTurn();
  nobody.Wait(absl::ToInt64Nanoseconds(time));
}

// What JobManagers that are dead have left behind; others may stand by, or
// stand still. What stays takes room, no more, and is swept by the next leader.
void Sweep(JobManager& manager) {
  manager.lives
      ->Sweep([&](const std::set<int64_t>& dead) {
        const auto is_alive = [&](absl::string_view writer) {
          return !IsWriterOf(dead, writer);
        };
        absl::Status swept = manager.plans->SweepWriters(is_alive);
        swept.Update(manager.records->SweepWriters(is_alive));
        return swept;
      })
      .IgnoreError();
}

absl::Status Run(const JobManagerArguments& arguments) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(arguments));
  InstallInterruptHandler();
  JobManager manager;
  RETURN_IF_ERROR(Open(settings, arguments.version, manager));
  Log(absl::StrCat("JobManager of cluster '", settings.cluster, "': RPC ",
                   manager.dispatcher->address(), ", REST http://",
                   HostWithPort(settings.rest_host, manager.rest->port()),
                   ", metrics http://",
                   HostWithPort(settings.rpc_host, manager.metrics->port()),
                   "/metrics"));
  manager.dispatcher->Campaign();
  bool swept = false;
  while (!Interrupted()) {
    // Not before it leads: who follows looks at the leader's lock.
    if (!swept && manager.dispatcher->View()->leads) {
      Sweep(manager);
      swept = true;
    }
    Wait(kLookEvery);
  }
  Log("ends; its jobs are left to the next JobManager");
  manager.rest.reset();
  manager.dispatcher->Resign();
  return absl::OkStatus();
}

}  // namespace

int JobManagerCommand(const JobManagerArguments& arguments) {
  const absl::Status status = Run(arguments);
  return status.ok() ? kExitDone : ReportBadInput(status);
}

}  // namespace millrace
