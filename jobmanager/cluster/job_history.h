#pragma once

#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "jobmanager/cluster/cluster_view.h"
#include "jobmanager/cluster/job_list.h"

namespace millrace {

// The jobs of a cluster that have ended, as they are shown, and who waits for
// one to do so. Of the cluster's loop alone.
class JobHistory {
 public:
  // Of the ended the oldest go first, beyond `most`.
  explicit JobHistory(int most) : most_(most) {}

  // What the terms before left, the latest last. `plans`: of each, as JSON.
  void Load(const std::vector<EndedJob>& ended,
            std::span<const absl::StatusOr<std::string>> plans);
  void Add(JobView job);
  // It has been submitted anew.
  void Forget(const std::string& job_id);

  const JobView* Find(const std::string& job_id) const;
  const std::deque<JobView>& jobs() const { return jobs_; }  // Latest first.

  // `tell` is called once, when the job's end is saved.
  void Await(const std::string& job_id, std::function<void(JobState)> tell);
  // It is.
  void Tell(const std::string& job_id, JobState state);

 private:
  const int most_;
  std::deque<JobView> jobs_;
  std::multimap<std::string, std::function<void(JobState)>> waiting_;
};

}  // namespace millrace
