#include "jobmanager/cluster/job_history.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "jobmanager/cluster/job_board.h"
#include "runtime/plan/plan_codec.h"

namespace millrace {

void JobHistory::Load(const std::vector<EndedJob>& ended,
                      std::span<const absl::StatusOr<std::string>> plans) {
  for (size_t i = 0; i < ended.size(); ++i) {
    auto plan = plans[i].ok() ? JobPlanFromJson(*plans[i])
                              : absl::StatusOr<JobPlan>(plans[i].status());
    JobPlan shown = plan.ok() ? *std::move(plan) : JobPlan();
    shown.name = ended[i].job.name;
    jobs_.push_front(
        JobBoard(ended[i], std::make_shared<const JobPlan>(std::move(shown)))
            .view());
  }
}

void JobHistory::Add(JobView job) {
  jobs_.push_front(std::move(job));
  while (static_cast<int>(jobs_.size()) > most_) jobs_.pop_back();
}

void JobHistory::Forget(const std::string& job_id) {
  std::erase_if(jobs_,
                [&](const JobView& job) { return job.job_id == job_id; });
}

const JobView* JobHistory::Find(const std::string& job_id) const {
  const auto found =
      std::find_if(jobs_.begin(), jobs_.end(),
                   [&](const JobView& job) { return job.job_id == job_id; });
  return found == jobs_.end() ? nullptr : &*found;
}

void JobHistory::Await(const std::string& job_id,
                       std::function<void(JobState)> tell) {
  waiting_.emplace(job_id, std::move(tell));
}

void JobHistory::Tell(const std::string& job_id, JobState state) {
  const auto [begin, end] = waiting_.equal_range(job_id);
  std::vector<std::function<void(JobState)>> told;
  for (auto it = begin; it != end; ++it) told.push_back(it->second);
  waiting_.erase(begin, end);
  for (const auto& tell : told) tell(state);
}

}  // namespace millrace
