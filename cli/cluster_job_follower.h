#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/cluster_client.h"
#include "cli/cluster_target.h"
#include "cli/progress_line.h"

namespace millrace {

// Follows a job that was submitted, from one look to the next.
class ClusterJobFollower {
 public:
  // A JobManager that is away so long is given up on; a restarted one needs
  // seconds.
  static constexpr absl::Duration kLongestSilence = absl::Minutes(2);

  // Draws only where `is_terminal`. The cluster outlives it.
  ClusterJobFollower(const ClusterClient* cluster, std::string job_id,
                     std::string name, bool is_terminal)
      : cluster_(cluster),
        job_id_(std::move(job_id)),
        progress_line_(std::move(name), is_terminal) {}

  // Looks once, says on standard error what is new and draws the progress line;
  // the status to exit with when the job has ended, or when it is given up
  // (CLI-0028). `now` counts the silence of a JobManager that does not answer.
  std::optional<int> Look(absl::Time now, const ClusterTerminal& terminal);

  const std::string& job_id() const { return job_id_; }

 private:
  std::optional<int> Miss(const absl::Status& status, absl::Time now);
  void SayNews(const ClusterClient::Progress& progress);
  int End(const ClusterClient::Progress& progress,
          const ClusterTerminal& terminal);

  const ClusterClient* const cluster_;
  const std::string job_id_;
  ProgressLine progress_line_;
  ClusterClient::Progress known_;
  std::optional<absl::Time> silent_since_;
};

}  // namespace millrace
