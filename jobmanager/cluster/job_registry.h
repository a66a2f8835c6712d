#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "jobmanager/cluster/job_list.h"
#include "state/storage/ha_store.h"
#include "state/storage/object_store.h"

namespace millrace {

// The jobs of a cluster, as the leader of one term keeps them: a JobList in the
// HaStore, and each job's plan, which may be large, among the objects:
//
//   plans/<job id>-<term>-<n>
//
// Take first: from then on every write of an earlier term's leader fails.
// Calls block; they are made on an Executor, one at a time. kAborted: a later
// term's leader has taken the list, and this one leads no more. kUnavailable:
// not done, try again. kUnknown: done or not, and the next leader would take it
// for one or the other; the same call again settles it.
class JobRegistry {
 public:
  struct Options {
    HaStore* records = nullptr;     // Both outlive it.
    ObjectStore* plans = nullptr;
    int64_t term = 0;
    // Of ended jobs, the oldest go first: web.history.
    int most_ended = 5;
  };

  explicit JobRegistry(const Options& options) : options_(options) {}

  // The list as the leader before left it.
  absl::StatusOr<JobList> Take();

  // The job is there from now on; `order` and `plan` are filled in. A job of
  // that id that has ended is forgotten.
  absl::StatusOr<RegisteredJob> Add(RegisteredJob job,
                                    absl::string_view plan_json);
  // The job is to end, whoever leads. One that is not running: nothing.
  absl::Status Cancel(const std::string& job_id);
  // One that is not running: nothing.
  absl::Status End(const EndedJob& ended);

  // kDataLoss (JOB-0128): it is not what was written.
  absl::StatusOr<std::string> ReadPlan(const RegisteredJob& job);

 private:
  absl::Status Write(JobList next);

  const Options options_;
  JobList list_;
  int64_t version_ = 0;  // Of the record that list_ is.
  int64_t plans_written_ = 0;
};

}  // namespace millrace
