#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "jobmanager/cluster/cluster_deployer.h"
#include "jobmanager/cluster/job_list.h"
#include "jobmanager/cluster/savepoint_origin.h"
#include "jobmanager/job_master.h"
#include "runtime/base/disk.h"
#include "runtime/base/one_thread.h"
#include "state/storage/checkpoint_store.h"

namespace millrace {

// A job's master in a cluster, with what only it has: its loop, a thread for
// the store and for discoveries, its store of checkpoints. Both threads sleep
// while the job is idle: a hundred jobs cost no CPU.
//
// Prepare, then, when that was answered with OK, Run. Called by the loop of the
// cluster, but for the callbacks, which are called on the job's threads and
// never after the destructor. Nothing of these calls blocks; the destructor
// waits for what is under way, so it is not run on that loop.
class HostedJob {
 public:
  struct Environment {  // All outlives the job.
    const ConnectorRegistry* connectors = nullptr;
    const Clock* clock = nullptr;
    Disk* disk = nullptr;
    HaStore* records = nullptr;
    MetricRegistry* metrics = nullptr;
    MetricLabels metric_labels;
    // Of the cluster; names where checkpoints lie.
    TableOptions config;
    int64_t term = 0;
    OneThread* one_thread = nullptr;  // Null: threads of its own.
    std::function<void(const std::string&)> log;  // Thread-safe; may be empty.
  };
  struct Callbacks {
    // Once: whether it can be run. Errors are the author's or the store's.
    std::function<void(absl::Status)> prepared;
    std::function<void(ClusterDeployer::Order)> order;
    std::function<void(JobState, absl::Status)> state;
    std::function<void(CheckpointStats)> checkpoints;
    // Once, the last: nothing of the job is under way. Not after Abandon.
    std::function<void(JobState, absl::Status)> ended;
  };

  HostedJob(RegisteredJob job, std::shared_ptr<const JobPlan> plan,
            const Environment& environment, Callbacks callbacks);
  HostedJob(const HostedJob&) = delete;
  HostedJob& operator=(const HostedJob&) = delete;
  // Abandons it where it has not ended.
  ~HostedJob();

  // Opens the store and the sources.
  void Prepare();
  void Run();

  // These four while that is so: after Run.
  bool is_running() const { return running_; }
  void Cancel() { master_->Cancel(); }
  void Checkpoint(bool savepoint, JobMaster::Answer answer) {
    master_->Checkpoint(savepoint, std::move(answer));
  }
  void Stop(bool drain, JobMaster::Answer answer) {
    master_->Stop(drain, std::move(answer));
  }
  // Writes the savepoint into a folder of its own below `target`, then lets
  // the store forget it.
  void Export(CheckpointId savepoint, std::string target,
              std::function<void(absl::StatusOr<std::string>)> done);

  // Leaves the job as it is, for another to go on with.
  void Abandon();

  const CheckpointConfig& checkpoints() const { return config_; }
  // Attempts of the job before this life of it; see RegisteredJob.
  int64_t lived() const { return lived_; }
  // Of a savepoint that the job begins with; see RegisteredJob::claimed.
  const std::string& origin() const { return origin_->identity(); }

 private:
  absl::Status Open();
  absl::Status OpenStore();
  // What the job begins with where it has no checkpoint of its own.
  absl::StatusOr<std::shared_ptr<const Manifest>> ReadSavepoint();
  // In the background, once the job has a checkpoint of its own.
  void DropOrigin();
  void RunMaster();
  int64_t RunMasterOnce();
  void SayEnded();

  const RegisteredJob job_;
  const std::shared_ptr<const JobPlan> plan_;
  const Environment environment_;
  const Callbacks callbacks_;
  // Written by Prepare's work, read after its answer.
  CheckpointConfig config_;
  std::unique_ptr<ObjectStore> objects_;
  std::unique_ptr<CheckpointStore> store_;
  int64_t lived_ = 0;
  bool had_finished_ = false;
  std::optional<SavepointOrigin> origin_;  // Of background_, once it runs.
  absl::Status first_failure_;  // Of the job's loop.
  bool running_ = false;        // Of the cluster's loop.
  ClusterDeployer deployer_;

  // Destroyed from the last to the first: those that post before those that
  // are posted to.
  std::unique_ptr<JobMaster> master_;
  const std::unique_ptr<Executor> background_;
  const std::unique_ptr<Executor> loop_;
};

}  // namespace millrace
