#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "jobmanager/cluster/job_list.h"
#include "runtime/base/disk.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

// The savepoint that a job of a cluster begins with, until the job has a
// checkpoint of its own: then what was made or claimed for the beginning goes,
// also where that was done by a leader that has died.
//
// Calls block; of one thread at a time.
class SavepointOrigin {
 public:
  // `objects` and `disk` outlive it; `log` may be empty.
  SavepointOrigin(const RegisteredJob& job, ObjectStore* objects, Disk* disk,
                  std::function<void(const std::string&)> log);

  // Which it is, for RegisteredJob::claimed; empty until it was read.
  const std::string& identity() const { return identity_; }

  // JOB-0036: there is none.
  absl::StatusOr<std::shared_ptr<const Manifest>> Read();
  // Writes the manifest among the job's objects, and returns its name: for one
  // that is too large to be sent.
  absl::StatusOr<std::string> Place(absl::string_view manifest);

  // Nothing goes back to it any more. Once; again it does nothing.
  void Drop();
  bool is_dropped() const { return dropped_; }

 private:
  // Of a claimed one, while it is being removed: nobody else calls his so.
  std::string Doomed() const;
  absl::StatusOr<std::string> IdentityOfFolder() const;
  absl::Status RemoveClaimed();

  const RegisteredJob job_;
  ObjectStore* const objects_;
  Disk* const disk_;
  const std::function<void(const std::string&)> log_;
  const std::string folder_;
  const std::string placed_;  // The object's name.
  std::string identity_;
  bool dropped_ = false;
};

}  // namespace millrace
