#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "jobmanager/cluster/job_list.h"
#include "jobmanager/cluster/leader_election.h"
#include "runtime/rpc/cluster_messages.h"
#include "tests/sim/nodes/job_watch.h"
#include "tests/sim/sim_clock.h"

namespace millrace::sim {

// What may never happen in a cluster, whatever breaks, as seen from outside: by
// the records that decide, the messages of JobManagers and what tables are
// given. Keeps the first mistake.
class Watch {
 public:
  // `on_completed`: a checkpoint of the job counts from now on.
  Watch(const SimClock* clock,
        std::function<void(const std::string& job_id)> on_completed)
      : clock_(clock), on_completed_(std::move(on_completed)) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

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
  // A table is given what was staged under that name for the first time.
  void OnCommit(const std::string& name);
  // Who looks from outside has found something that may not be.
  void Mistake(const std::string& what);

  const absl::Status& mistake() const { return mistake_; }
  // Of all jobs.
  int64_t completed() const { return completed_; }
  int64_t restores() const;
  int64_t terms() const { return term_; }
  JobWatch& job(const std::string& job_id);
  // What the host said last that it runs; empty: nothing.
  const std::set<AttemptRef>& RunsOn(const std::string& host) {
    return runs_[host];
  }
  // Every job, for a person.
  std::string Standing() const;

 private:
  void OnJobs(const JobList& list);
  void OnLeader(const LeaderRecord& record);

  const SimClock* const clock_;
  const std::function<void(const std::string&)> on_completed_;
  absl::Status mistake_;
  std::map<std::string, JobWatch> jobs_;
  int64_t completed_ = 0;
  int64_t term_ = 0;
  std::map<std::string, std::set<AttemptRef>> runs_;  // By host.
  std::optional<LeaderRecord> leader_;
  int64_t leader_since_nanos_ = 0;
};

}  // namespace millrace::sim
