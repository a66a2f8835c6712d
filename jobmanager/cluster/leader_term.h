#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "jobmanager/cluster/cluster_job.h"
#include "jobmanager/cluster/job_gateway.h"
#include "jobmanager/cluster/job_history.h"
#include "jobmanager/cluster/job_registry.h"
#include "jobmanager/cluster/slot_scheduler.h"
#include "jobmanager/cluster/task_manager_roster.h"
#include "runtime/base/executor.h"

namespace millrace {

// All that there is of a cluster while one JobManager leads it, for one term:
// the TaskManagers that have come, who has which slots, the jobs. Begins with
// the jobs that the terms before left, and takes each up from its latest
// checkpoint. When the term ends, the object is destroyed and jobs are left as
// they are; nobody hears of them any more.
//
// Of the dispatcher's loop alone, but for what is posted to it. Nothing blocks.
class LeaderTerm {
 public:
  struct Environment {
    int64_t term = 0;
    std::string cluster;
    std::string version;
    // All outlives the term. Of `hosting` the term is filled in.
    HostedJob::Environment hosting;
    ObjectStore* plans = nullptr;
    Executor* registry = nullptr;  // One thing at a time.
    Executor* reaper = nullptr;    // Waits for what is left under way.
    int most_ended = 5;
    std::function<std::string()> new_job_id;
    // Brings a call to the loop; dropped there when the term is over.
    std::function<void(std::function<void(LeaderTerm&)>)> post;
    std::function<void(ConversationId, to_task_manager::Message)> send;
    // Ends a conversation, at once or when the other side has heard the last.
    std::function<void(ConversationId)> hang_up;
    std::function<void(ConversationId)> part;
    // A later leader has written what only the leader writes.
    std::function<void(absl::Status)> end_term;
    std::function<void(const std::string&)> log;
  };

  explicit LeaderTerm(Environment environment);
  ~LeaderTerm();
  // Begins: once.
  void Start();

  // The network.
  void OnOpened(ConversationId conversation);
  void OnSaid(ConversationId conversation, to_job_manager::Message message);
  void OnClosed(ConversationId conversation, absl::Status status);

  // As of JobGateway.
  void Submit(JobGateway::Submission submission,
              JobGateway::Answer<std::string> answer);
  void Cancel(const std::string& job_id, JobGateway::Answer<JobState> answer);
  void Savepoint(JobGateway::SavepointRequest request,
                 JobGateway::Answer<std::string> answer);
  void Checkpoint(const std::string& job_id,
                  JobGateway::Answer<int64_t> answer);

  void Tick();
  absl::Duration WakeAt() const;

  ClusterView View() const;
  // Whether there may be something else to see since this was asked last.
  bool TakeChanged() { return std::exchange(changed_, false); }
  int64_t term() const { return environment_.term; }

 private:
  using JobPtr = std::unique_ptr<ClusterJob>;
  // What is shown of a TaskManager beside its registration.
  struct Seen {
    absl::Time last_heartbeat_at;
    int64_t memory_used_bytes = 0;
  };

  absl::Duration Now() const;

  // TaskManagers (leader_term.cc).
  void Step(TaskManagerRoster::Event event);
  void Do(TaskManagerRoster::Accept action);
  void Do(TaskManagerRoster::Refuse action);
  void Do(TaskManagerRoster::Greet action);
  void Do(TaskManagerRoster::HangUp action);
  void Do(TaskManagerRoster::Joined action);
  void Do(TaskManagerRoster::Left action);
  void Do(TaskManagerRoster::Drains action);
  void StepSlots(SlotScheduler::Event event);
  void Do(SlotScheduler::Grant action);
  void Do(SlotScheduler::Waits action);
  void OnHeartbeat(ConversationId conversation,
                   to_job_manager::Heartbeat heartbeat);
  void OnAboutAttempt(ConversationId conversation, const AttemptRef& attempt,
                      to_job_manager::Message message);

  // Jobs (leader_term_jobs.cc; what is asked of them, leader_term_requests.cc).
  void OnTaken(absl::StatusOr<JobList> list,
               std::vector<absl::StatusOr<std::string>> plans);
  void TakeUp(RegisteredJob job, const absl::StatusOr<std::string>& plan);
  ClusterJob* AddJob(RegisteredJob job, JobPlan plan, std::string plan_json,
                     std::function<void(absl::Status)> prepared);
  HostedJob::Callbacks CallbacksOf(const std::string& job_id,
                                   std::function<void(absl::Status)> prepared);
  void OnPrepared(const std::string& job_id, absl::Status status,
                  JobGateway::Answer<std::string> answer);
  void Register(const std::string& job_id,
                JobGateway::Answer<std::string> answer);
  void OnRegistered(const std::string& job_id,
                    absl::StatusOr<RegisteredJob> job,
                    JobGateway::Answer<std::string> answer);
  void OnJobEnded(const std::string& job_id, JobState state,
                  absl::Status failure);
  // What could not be done since a store is away.
  void TryAgainSoon(std::function<void()> again);
  void TryAgain();
  void SaveEnd(EndedJob ended);
  void OnEndSaved(const EndedJob& ended, const absl::Status& status);
  void Drop(const std::string& job_id);
  void SaveCancel(const std::string& job_id,
                  JobGateway::Answer<JobState> answer);
  void OnCancelSaved(const std::string& job_id, const absl::Status& status,
                     JobGateway::Answer<JobState> answer);
  void OnSavepointTaken(const JobGateway::SavepointRequest& request,
                        absl::StatusOr<CheckpointId> checkpoint,
                        JobGateway::Answer<std::string> answer);
  void OnSavepointWritten(const JobGateway::SavepointRequest& request,
                          absl::StatusOr<std::string> path,
                          JobGateway::Answer<std::string> answer);
  static absl::Status NotReady();
  // A job that has not ended, or the error to answer: FindRunning's, too, while
  // it is still being taken up.
  absl::StatusOr<ClusterJob*> FindLiving(const std::string& job_id);
  absl::StatusOr<ClusterJob*> FindRunning(const std::string& job_id);
  ClusterJob* Find(const std::string& job_id);

  const Environment environment_;
  // Of environment_.registry's thread; what is under way there keeps it.
  const std::shared_ptr<JobRegistry> registry_;
  bool taken_ = false;    // The jobs of the terms before are here.
  bool changed_ = true;
  TaskManagerRoster roster_;
  SlotScheduler slots_;
  std::map<ConversationId, Seen> seen_;
  ClusterJob::Config config_;
  std::map<std::string, JobPtr> jobs_;
  JobHistory history_;
  std::vector<std::function<void()>> again_;  // All at once.
  absl::Duration again_at_ = absl::InfiniteDuration();
};

}  // namespace millrace
