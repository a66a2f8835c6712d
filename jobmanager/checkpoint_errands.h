#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/executor.h"
#include "state/storage/checkpoint_store.h"
#include "state/storage/job_record.h"
#include "state/storage/manifest.h"

namespace millrace {

// Takes what the master of a job wants of its CheckpointStore to the
// background, one thing at a time and in the order asked, and the outcome back
// to the master's loop. Deletes wait for nothing and hold nothing up.
//
// Called by the loop. Keeps the JobRecord that each answer hands to the next
// call.
class CheckpointErrands {
 public:
  struct Options {
    std::string job_id;
    int retained = 3;
    // A savepoint's that the job begins from: output that is named by its
    // checkpoint goes on behind that of the job that the savepoint is of.
    CheckpointId ids_above;
    CheckpointStore::Right right;
    // Both outlive the errands, and the executor has run everything, or
    // dropped it, when they are destroyed.
    CheckpointStore* store = nullptr;
    Executor* background = nullptr;
    // Brings a call to the loop. Thread-safe.
    std::function<void(std::function<void()>)> post;
  };

  explicit CheckpointErrands(Options options) : options_(std::move(options)) {}

  // What a new attempt begins with.
  struct Beginning {
    int64_t attempt = 0;
    std::shared_ptr<const Manifest> latest;  // Null: there is none.
    bool ends_job = false;  // The job was to end with the latest.
    // The others that count and for which `is_known` did not hold; those that
    // cannot be read are left out, and so never deleted.
    std::vector<Manifest> older;
    bool all_read = true;  // None was left out.
  };
  // kFailedPrecondition (JOB-0032): another process runs the job.
  void BeginAttempt(
      std::function<bool(CheckpointId)> is_known,
      std::function<void(absl::StatusOr<Beginning>)> done);

  void ReserveId(std::function<void(absl::StatusOr<CheckpointId>)> done);
  void WriteManifest(std::shared_ptr<const Manifest> manifest,
                     std::function<void(absl::Status)> done);
  // To what was written last; `ends_job`: the job ends with it.
  void SwapPointer(bool ends_job, std::function<void(absl::Status)> done);
  // No checkpoint counts any more; deletes `names` where that is certain.
  void Forget(std::vector<std::string> names,
              std::function<void(absl::Status)> done);
  void Delete(std::vector<std::string> names);

  // What the store holds of the job. `is_known` is of checkpoints whose
  // manifests need not be looked at. Where a manifest cannot be read nobody may
  // say what nothing refers to: its error.
  struct Listing {
    std::vector<std::string> names;
    std::vector<Manifest> savepoints;  // Those not known.
    CheckpointId next;  // The first id that was not given out when asked.
  };
  void List(std::function<bool(CheckpointId)> is_known,
            std::function<void(absl::StatusOr<Listing>)> done);

 private:
  // Runs in the background; what it returns is called by the loop.
  using Work = std::function<std::function<void()>(const JobRecord&)>;

  void Enqueue(Work work);
  void StartNext();

  const Options options_;
  JobRecord record_;
  RetainedCheckpoint written_;
  std::deque<Work> waiting_;
  bool busy_ = false;
};

}  // namespace millrace
