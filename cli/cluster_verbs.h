#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/cluster_target.h"

namespace millrace {

// The verbs that ask a cluster about its jobs, with the lines that Flink's own
// client prints. A job is named by its id, the beginning of that, or its name.

// `millrace list`: running and scheduled jobs, or those that were asked for.
struct ListOptions {
  bool running = false;
  bool scheduled = false;
  bool all = false;  // Those that ended too.
};
absl::Status ListJobs(const ClusterClient& cluster, const ListOptions& options,
                      absl::TimeZone zone, const ClusterTerminal& terminal);

// `millrace cancel JOB`
absl::Status CancelJob(const ClusterClient& cluster, const std::string& job,
                       const ClusterTerminal& terminal);

// `millrace stop JOB [-p DIR] [--drain]` and `millrace savepoint JOB [DIR]`.
// An interrupt ends the waiting, not the savepoint: kCancelled.
struct SavepointOptions {
  std::string job;
  std::string directory;  // Empty: as the cluster is configured.
  ClusterClient::SavepointKind kind = ClusterClient::SavepointKind::kGoOn;
};
absl::Status TakeSavepoint(const ClusterClient& cluster,
                           const SavepointOptions& options,
                           const ClusterTerminal& terminal);

// The same as whole commands: find the target, ask, report; the status to exit
// with. CLI-0026: no target is given or configured.
int ListCommand(const ListOptions& options, const std::string& target,
                const JobArguments& arguments);
int CancelCommand(const std::string& job, const std::string& target,
                  const JobArguments& arguments);
int ClusterSavepointCommand(const SavepointOptions& options,
                            const std::string& target,
                            const JobArguments& arguments);

}  // namespace millrace
