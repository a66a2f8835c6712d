#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "jobmanager/cluster/attempt_deployment.h"
#include "jobmanager/cluster/cluster_deployer.h"
#include "jobmanager/cluster/hosted_job.h"
#include "jobmanager/cluster/job_board.h"
#include "jobmanager/cluster/job_list.h"
#include "jobmanager/cluster/task_manager_roster.h"
#include "runtime/base/clock.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// One job as the loop of the cluster has it: its master, its present attempt on
// the TaskManagers, what there is to see of it. Of that loop alone.
class ClusterJob {
 public:
  // What the loop does for the job, at once.
  struct Ports {
    const Clock* clock = nullptr;
    std::function<void(ConversationId, to_task_manager::Message)> send;
    std::function<void(const std::string&)> log;
    std::function<void(ConversationId, absl::Status why)> hang_up;
    // Answered by OnSlots, once, unless it wants none any more.
    std::function<void(const std::string& job_id, int slots)> want_slots;
  };
  // Who runs a slot.
  struct Place {
    ConversationId conversation;
    to_job_manager::Register who;
  };
  using Config = std::vector<std::pair<std::string, std::string>>;

  // `config`: of the cluster, for the TaskManagers.
  ClusterJob(RegisteredJob job, std::shared_ptr<const JobPlan> plan,
             std::string plan_json, const Config* config, Ports ports);

  // Set once, right after the job was made.
  void Host(std::shared_ptr<HostedJob> hosted) { hosted_ = std::move(hosted); }
  HostedJob* hosted() { return hosted_.get(); }
  // For whoever may wait for its end.
  std::shared_ptr<HostedJob> TakeHosted() { return std::move(hosted_); }

  // What its master wants.
  void OnOrder(ClusterDeployer::Order order);
  void OnSlots(const std::vector<Place>& place_of_slot);
  // What TaskManagers say about the present attempt; of others, and of those
  // that have no part in it, nothing is heard.
  void OnSaid(ConversationId conversation, to_job_manager::Message message);
  void OnLost(ConversationId conversation, const absl::Status& status);
  void OnDraining(ConversationId conversation, const absl::Status& status);
  void OnTick(absl::Duration now);
  absl::Duration WakeAt() const;

  // It is to end, whoever leads; see RegisteredJob.
  void MarkCancelled() { job_.cancelled = true; }
  // While its master runs.
  void Cancel();
  // It has ended: frees what its last attempt still has somewhere.
  void Clear();

  // Whether that is the attempt that runs, or is being deployed.
  bool IsPresent(const AttemptRef& attempt) const;
  int slots() const;

  const RegisteredJob& registered() const { return job_; }
  void Register(RegisteredJob job) { job_ = std::move(job); }
  bool is_registered() const { return job_.order > 0; }
  const std::shared_ptr<const JobPlan>& plan() const { return plan_; }
  const std::string& plan_json() const { return plan_json_; }
  JobBoard& board() { return board_; }
  const JobBoard& board() const { return board_; }

 private:
  void On(ClusterDeployer::DeployAsked order);
  void On(JobExecution::GiveSplits order);
  void On(ClusterDeployer::DrainAsked order);
  void On(ClusterDeployer::TriggerAsked order);
  void On(ClusterDeployer::CompleteAsked order);
  void On(ClusterDeployer::AbortAsked order);
  void On(ClusterDeployer::StopAsked order);

  // What became of the state it was restored from, for people.
  void SayRestored(const AttemptDeployment::Restored& restored);
  void Step(AttemptDeployment::Event event);
  void Do(AttemptDeployment::SendDeploy action);
  void Do(AttemptDeployment::Send action);
  void Do(AttemptDeployment::HangUp action);
  void Do(AttemptDeployment::SayDeployed action);
  void Do(AttemptDeployment::SayDrained action);
  void Do(AttemptDeployment::SayEnded action);
  void Do(AttemptDeployment::SayRequested action);
  void Do(AttemptDeployment::SayAcknowledged action);
  void Do(AttemptDeployment::SayStopped action);

  AttemptRef Present() const { return {job_.job_id, asked_.attempt}; }
  std::optional<int> ProcessOf(ConversationId conversation) const;

  RegisteredJob job_;
  const std::shared_ptr<const JobPlan> plan_;
  const std::string plan_json_;
  const Config* const config_;
  const Ports ports_;
  JobBoard board_;
  const absl::Duration deploy_limit_;
  std::shared_ptr<HostedJob> hosted_;
  bool cancelled_ = false;
  bool waits_for_slots_ = false;
  ClusterDeployer::DeployAsked asked_;  // The present attempt.
  std::vector<Place> processes_;        // Of it, by number.
  to_task_manager::Deploy deploy_;      // Until it is up.
  std::optional<AttemptDeployment> deployment_;
};

}  // namespace millrace
