#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "jobmanager/cluster/job_list.h"
#include "jobmanager/cluster/leader_election.h"
#include "runtime/rpc/cluster_messages.h"
#include "state/storage/job_record.h"
#include "tests/sim/sim_clock.h"

namespace millrace::sim {

// What may never happen in a cluster, whatever breaks, as seen from outside: by
// the records that decide, the messages of JobManagers and what the table is
// given. Keeps the first mistake.
class Watch {
 public:
  // `on_completed`: a checkpoint counts from now on.
  Watch(std::string job_id, const SimClock* clock,
        std::function<void()> on_completed)
      : job_id_(std::move(job_id)),
        clock_(clock),
        on_completed_(std::move(on_completed)) {}

  // A record was written.
  void OnRecord(const std::string& name,
                const std::optional<std::string>& value);
  // A JobManager has sent a TaskManager a message.
  void OnToTaskManager(const std::string& from, const std::string& to,
                       const std::string& bytes);
  // A TaskManager has sent a JobManager a message.
  void OnToJobManager(const std::string& from, const std::string& to,
                      const std::string& bytes);
  // A host knows that its conversation with another is over.
  void OnHungUp(const std::string& host, const std::string& other);
  // The table is given what was staged under that name for the first time.
  void OnCommit(const std::string& name);

  const absl::Status& mistake() const { return mistake_; }
  int64_t completed() const { return static_cast<int64_t>(completed_.size()); }
  int64_t attempts() const { return static_cast<int64_t>(base_.size()); }
  int64_t restores() const { return restores_; }
  int64_t terms() const { return term_; }
  int64_t latest() const { return latest_; }
  // Whether the list of jobs has it, and as what it has ended.
  bool is_registered() const { return registered_; }
  const std::optional<EndedJob>& ended() const { return ended_; }

 private:
  void OnJob(const JobRecord& record);
  void OnJobs(const JobList& list);
  void OnLeader(const LeaderRecord& record);
  void OnDeploy(const std::string& from, const std::string& to,
                const to_task_manager::Deploy& deploy);
  void Mistake(std::string what);

  const std::string job_id_;
  const SimClock* const clock_;
  const std::function<void()> on_completed_;
  absl::Status mistake_;
  int64_t attempt_ = 0;
  int64_t latest_ = 0;  // Checkpoint.
  int64_t term_ = 0;
  int64_t restores_ = 0;
  bool registered_ = false;
  std::optional<EndedJob> ended_;
  std::map<int64_t, int64_t> completed_;  // The attempt of each checkpoint.
  // Which checkpoint was the latest when an attempt began.
  std::map<int64_t, int64_t> base_;
  // Attempts and whom they were deployed to.
  std::set<std::pair<int64_t, std::string>> deployed_;
  // What a JobManager has deployed and has not heard the end of.
  struct Running {
    std::string job_manager;
    std::string task_manager;
    int64_t attempt;
    friend auto operator<=>(const Running&, const Running&) = default;
  };
  std::set<Running> running_;
  std::optional<LeaderRecord> leader_;
  int64_t leader_since_nanos_ = 0;
};

}  // namespace millrace::sim
