#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/cluster_client.h"
#include "cli/session.h"

namespace millrace {

// Where a verb goes that can go to a cluster: to `target`, what --target said;
// where that is empty, to rest.address and rest.port of the configuration;
// nullopt: neither is there, and the verb is about runs on this machine.
absl::StatusOr<std::optional<std::string>> FindTarget(
    const std::string& target, const JobArguments& arguments);

// CLI-0020.
absl::StatusOr<ClusterClient> ConnectTo(const std::string& target);

// What a verb does besides asking; a test's own.
struct ClusterTerminal {
  // A line, or several, on standard output.
  std::function<void(absl::string_view)> say;
  // Waits so long, or until an interrupt.
  std::function<void(absl::Duration)> pause;
  std::function<bool()> interrupted;
};
ClusterTerminal ThisTerminal();

// Where a savepoint lies, or is to lie, for the cluster's processes: a path of
// this machine becomes absolute.
std::string ClusterPath(const std::string& path);

}  // namespace millrace
