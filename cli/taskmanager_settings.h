#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/config_file.h"
#include "cli/port_range.h"

namespace millrace {

// What a TaskManager is configured with.
struct TaskManagerSettings {
  std::string job_manager;  // "HOST:PORT", or several by commas.
  std::string cluster;
  std::string resource_id;  // Empty: one is made up.
  int slots = 1;
  int64_t memory_bytes = 0;
  std::string bind_host;
  std::string host;  // By which others reach it; empty: bind_host.
  PortRange data_ports;
  std::string metrics_ports;
  std::string data_directory;  // Absolute.
};

// Errors are CFG-00xx. `insecure`: it may listen beyond loopback.
absl::StatusOr<TaskManagerSettings> ReadTaskManagerSettings(
    const ConfigMap& config, bool insecure);

}  // namespace millrace
