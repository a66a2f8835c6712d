#pragma once

#include <string>
#include <vector>

#include "runtime/plan/job_plan.h"
#include "runtime/rpc/cluster_messages.h"
#include "taskmanager/local_task_manager.h"

namespace millrace {

// What the subtasks of an attempt have counted, for a heartbeat.
class AttemptReport {
 public:
  // The plan outlives it.
  AttemptReport(const JobPlan* plan,
                std::vector<LocalTaskManager::SubtaskCounters> counters)
      : plan_(plan), counters_(std::move(counters)) {}

  // In the order of giving: a source names the split that holds its watermark
  // by its place among them.
  void AddSplits(const SubtaskId& source, const std::vector<Split>& splits);

  std::vector<SubtaskReport> Read() const;

 private:
  const JobPlan* const plan_;
  const std::vector<LocalTaskManager::SubtaskCounters> counters_;
  std::map<SubtaskId, std::vector<std::string>> splits_;  // Their ids.
};

}  // namespace millrace
