#include "cli/taskmanager_settings.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/session.h"
#include "runtime/base/bind_host.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/config_lookup.h"
#include "runtime/connector/options.h"

namespace millrace {
namespace {

constexpr int64_t kMostSlots = 1024;
// As of a run without a cluster.
constexpr int64_t kDefaultMemoryBytes = int64_t{1} << 30;

// With the port, where it has none.
std::string WithPort(absl::string_view host, int port) {
  const bool has_port = std::count(host.begin(), host.end(), ':') == 1 ||
                        absl::StrContains(host, "]:");
  return has_port ? std::string(host) : HostWithPort(host, port);
}

// Of each host that is named, by commas.
std::string JobManagers(const ConfigMap& config, int port) {
  const std::string hosts =
      ConfigValueOr(config, "jobmanager.rpc.address", "localhost");
  return absl::StrJoin(
      absl::StrSplit(hosts, ',', absl::SkipWhitespace()), ",",
      [port](std::string* out, absl::string_view host) {
        absl::StrAppend(out, WithPort(absl::StripAsciiWhitespace(host), port));
      });
}

}  // namespace

absl::StatusOr<TaskManagerSettings> ReadTaskManagerSettings(
    const ConfigMap& config, bool insecure) {
  const ConfigLookup lookup(config, config);
  TaskManagerSettings settings;
  ASSIGN_OR_RETURN(const int port,
                   ParsePort("jobmanager.rpc.port",
                             ConfigValueOr(config, "jobmanager.rpc.port",
                                           "6123")));
  if (port == 0) {
    return BadConfigValue("jobmanager.rpc.port", "0", "the JobManager's port");
  }
  settings.job_manager = JobManagers(config, port);
  if (settings.job_manager.empty()) {
    return BadConfigValue("jobmanager.rpc.address", "", "a host, or several");
  }
  settings.cluster =
      ConfigValueOr(config, "high-availability.cluster-id", "default");
  settings.resource_id = ConfigValue(config, "taskmanager.resource-id");
  ASSIGN_OR_RETURN(const int64_t slots,
                   lookup.Int({"taskmanager.numberOfTaskSlots"}, 1, 1));
  if (slots > kMostSlots) {
    return BadConfigValue("taskmanager.numberOfTaskSlots", absl::StrCat(slots),
                          absl::StrCat("at most ", kMostSlots));
  }
  settings.slots = static_cast<int>(slots);
  settings.memory_bytes = kDefaultMemoryBytes;
  if (const std::string size =
          ConfigValue(config, "taskmanager.memory.process.size");
      !size.empty()) {
    ASSIGN_OR_RETURN(settings.memory_bytes, ParseSizeBytes(size));
  }
  settings.bind_host =
      ConfigValueOr(config, "taskmanager.bind-host", "127.0.0.1");
  RETURN_IF_ERROR(
      CheckBindHost("taskmanager.bind-host", settings.bind_host, insecure));
  settings.host = ConfigValueOr(config, "taskmanager.host", settings.bind_host);
  ASSIGN_OR_RETURN(
      settings.data_ports,
      ParsePortRange("taskmanager.data.port",
                     ConfigValueOr(config, "taskmanager.data.port",
                                   "6124-6154")));
  settings.metrics_ports =
      ConfigValueOr(config, "metrics.reporter.prom.port", "9249-9279");
  settings.data_directory =
      std::filesystem::absolute(ConfigValueOr(config, "millrace.data-dir",
                                              "millrace-data"))
          .lexically_normal()
          .string();
  return settings;
}

}  // namespace millrace
