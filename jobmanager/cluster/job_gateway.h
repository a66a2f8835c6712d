#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "jobmanager/cluster/cluster_view.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// What may be asked of a cluster: the one door behind REST. Answers are called
// once each, on any thread. Errors that the asker can mend are kNotFound (no
// such job), kFailedPrecondition (the job's state does not allow it) and
// kInvalidArgument, with codes; kUnavailable: this JobManager does not lead.
//
// Thread-safe; nothing blocks.
class JobGateway {
 public:
  // Of a plan, as JSON: what can be told to a TaskManager in one message, with
  // room for what goes with it.
  static constexpr int64_t kMostPlanBytes = int64_t{60} << 20;

  template <typename T>
  using Answer = std::function<void(absl::StatusOr<T>)>;

  struct Submission {
    JobPlan plan;
    // Of the job for all its life; empty: a new one. One that runs already is
    // kAlreadyExists.
    std::string job_id;
    // A savepoint's folder to begin from; empty: from nothing.
    std::string savepoint;
    bool claim_savepoint = false;
    bool allow_non_restored_state = false;
  };

  struct SavepointRequest {
    std::string job_id;
    std::string target;  // A folder; empty: as configured (savepoint-dir).
    enum class Then { kGoOn, kCancel, kStop, kDrain } then = Then::kGoOn;
  };

  virtual ~JobGateway() = default;

  // The job is in the registry and will run, whatever dies, until it ends.
  virtual void Submit(Submission submission, Answer<std::string> job_id) = 0;
  virtual void Cancel(const std::string& job_id, Answer<JobState> was) = 0;
  // `path` comes when the savepoint is written and, where the job was to end
  // with it, the job has ended.
  virtual void Savepoint(SavepointRequest request,
                         Answer<std::string> path) = 0;
  // An ordinary checkpoint, now.
  virtual void Checkpoint(const std::string& job_id,
                          Answer<int64_t> checkpoint) = 0;

  // A moment's view, shared and immutable.
  virtual std::shared_ptr<const ClusterView> View() const = 0;
};

// JOB-0139: the plan, of so many bytes as JSON, is beyond kMostPlanBytes.
absl::Status CheckPlanSize(const std::string& job_name, int64_t size_bytes);

}  // namespace millrace
