#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/rest_client.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// A cluster, as the command line asks it over REST. Errors that every call has:
// CLI-0021 (kUnavailable), nobody answers; CLI-0022, what answers is no
// JobManager; and what the JobManager says, with its code. Blocks; owned by one
// thread.
class ClusterClient {
 public:
  explicit ClusterClient(RestClient rest) : rest_(std::move(rest)) {}

  const std::string& url() const { return rest_.url(); }

  // CLI-0023: the cluster is not of version `mine`.
  absl::Status CheckVersion(absl::string_view mine) const;

  struct Submission {
    const JobPlan* plan = nullptr;
    std::string job_id;     // Empty: a new one.
    std::string savepoint;  // Empty: from nothing.
    bool claim_savepoint = false;
    bool allow_non_restored_state = false;
  };
  // The job's id.
  absl::StatusOr<std::string> Submit(const Submission& submission) const;

  struct Job {
    std::string id;
    std::string name;
    std::string state;  // Flink's.
    absl::Time started_at;

    bool has_ended() const;
  };
  absl::StatusOr<std::vector<Job>> Jobs() const;
  // The id of the one job that `text` names: an id, the beginning of one, or
  // the name of a job that has not ended. CLI-0025: none, or several.
  absl::StatusOr<std::string> FindJob(const std::string& text) const;

  absl::Status Cancel(const std::string& job_id) const;

  enum class SavepointKind { kGoOn, kStop, kDrain };
  // A trigger to ask with. `directory` empty: as the cluster is configured.
  absl::StatusOr<std::string> BeginSavepoint(const std::string& job_id,
                                             const std::string& directory,
                                             SavepointKind kind) const;
  // Its path; nullopt: it is under way; an error: it failed.
  absl::StatusOr<std::optional<std::string>> SavepointPath(
      const std::string& job_id, const std::string& trigger) const;

  // How a job fares; see FollowPage.
  struct Progress {
    std::string name;
    std::string state;
    absl::Duration duration;
    int64_t restarts = 0;
    int64_t restored_checkpoint = 0;  // 0: none.
    std::string waits_for;
    int64_t rows_in = 0;
    int64_t rows_out = 0;
    std::optional<int64_t> watermark_ms;
    std::string first_failure;
    std::string latest_failure;
    std::vector<std::string> finish_lines;
  };
  absl::StatusOr<Progress> Follow(const std::string& job_id) const;

 private:
  RestClient rest_;
};

}  // namespace millrace
