#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "jobmanager/cluster/job_list.h"
#include "runtime/rpc/cluster_messages.h"
#include "state/storage/job_record.h"

namespace millrace::sim {

// What may never happen to a job, as Watch sees it. A job that has ended may be
// submitted once more by the same id: another life, with attempts and
// checkpoints numbered on.
class JobWatch {
 public:
  JobWatch(std::string job_id, std::function<void(std::string)> mistake)
      : job_id_(std::move(job_id)), mistake_(std::move(mistake)) {}

  // Its record was written; whether that completed a checkpoint.
  bool OnRecord(const JobRecord& record);
  // The list of jobs was, in that term: where it has the job, if at all.
  void OnListed(const RegisteredJob* running, const EndedJob* ended,
                int64_t term);
  // `leads`: the record of the leader says that `from` does.
  void OnDeploy(const std::string& from, const std::string& to,
                const to_task_manager::Deploy& deploy, bool leads,
                int64_t term);
  void OnTrigger(const to_task_manager::Trigger& trigger);
  void OnComplete(const std::string& from,
                  const to_task_manager::Complete& complete);
  // Nothing of the attempt runs there any more, for all that `from` knows.
  void OnGone(const std::string& from, const std::string& to, int64_t attempt);
  void OnHungUp(const std::string& host, const std::string& other);
  // A table is given what an attempt staged at a barrier.
  void OnCommit(int64_t attempt, int64_t checkpoint);

  int64_t completed() const { return static_cast<int64_t>(completed_.size()); }
  int64_t attempts() const { return static_cast<int64_t>(base_.size()); }
  int64_t restores() const { return restores_; }
  // What counts; 0: nothing does.
  int64_t latest() const { return latest_; }
  // The last that ever did.
  int64_t newest() const { return newest_; }
  // Its submissions that were taken: 1, 2, 3, ...; 0: none.
  int64_t lives() const { return static_cast<int64_t>(orders_.size()); }
  // How the latest life has ended.
  const std::optional<EndedJob>& ended() const { return ended_; }
  // It is to end, whoever leads.
  bool is_cancelled() const { return cancelled_in_term_ > 0; }

 private:
  void BeginLife(const RegisteredJob& job);
  // The checkpoint that the attempt is to go on from; nullopt: any is wrong.
  std::optional<int64_t> BaseOf(int64_t attempt) const;

  const std::string job_id_;
  const std::function<void(std::string)> mistake_;
  int64_t attempt_ = 0;
  int64_t attempt_term_ = 0;  // Of the leader that began it.
  int64_t latest_ = 0;
  int64_t newest_ = 0;
  int64_t restores_ = 0;
  bool forgotten_ = false;  // It has finished and let go of its checkpoints.
  std::map<int64_t, int64_t> completed_;  // The attempt of each checkpoint.
  std::set<int64_t> last_;  // Checkpoints that the job was to end with.
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

  // Of the latest life.
  std::set<int64_t> orders_;  // Of it and those before.
  bool listed_ = false;
  int64_t savepoint_ = 0;  // It begins from.
  int64_t cancelled_in_term_ = 0;
  std::optional<EndedJob> ended_;
};

}  // namespace millrace::sim
