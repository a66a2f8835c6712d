#pragma once

#include <string>
#include <vector>

#include "cli/cluster_target.h"

namespace millrace {

// `millrace run FILE --target URL`: compiles the script here and submits its
// jobs. CLI-0024: it has a bare SELECT, whose rows have no terminal to go to
// there; CLI-0023: the cluster is of another version.
struct ClusterRunOptions {
  bool detached = false;  // -d: ends when the jobs are submitted.
  // -sae: an interrupt cancels the jobs. Else they run on, and it is said how
  // to cancel them.
  bool cancel_at_exit = false;
  // Empty: a new one. CLI-0030: no id, or the script has several jobs.
  std::string job_id;
  std::string version;  // Of this program.
};
absl::Status JobIdDoesNotFit(const std::string& why, const std::string& fix);

struct SubmittedJob {
  std::string id;
  std::string name;
};
// Follows all of them to their ends, or to an interrupt; the worst status.
int FollowToTheEnd(const ClusterClient& cluster,
                   const std::vector<SubmittedJob>& jobs,
                   bool cancel_at_exit, const ClusterTerminal& terminal);

int ClusterRunCommand(const ClusterRunOptions& options,
                      const std::string& target,
                      const JobArguments& arguments);

}  // namespace millrace
