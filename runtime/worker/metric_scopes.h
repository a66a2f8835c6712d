#pragma once

#include <memory>

#include "runtime/base/metrics.h"
#include "runtime/plan/chain_plan.h"
#include "runtime/plan/job_plan.h"
#include "runtime/worker/subtask_environment.h"

namespace millrace {

// The metric groups of a job's subtasks and operators, labelled as Flink's
// reporter labels them.
class MetricScopes {
 public:
  // Both outlive it.
  MetricScopes(const JobPlan& plan, const SubtaskEnvironment& environment)
      : plan_(plan), environment_(environment) {}

  std::shared_ptr<MetricGroup> AddTask(const PlannedChain& chain,
                                       int index) const;
  // `vertex` may stand in no plan.
  std::shared_ptr<MetricGroup> AddOperator(const PlannedChain& chain,
                                           int index,
                                           const Vertex& vertex) const;
  // Of the way from a source to a sink: "millrace_sink", and the scope in which
  // Flink has what its latency markers measure.
  std::shared_ptr<MetricGroup> AddSinkLatency(const Vertex& source,
                                              const Vertex& sink,
                                              int subtask) const;
  std::shared_ptr<MetricGroup> AddFlinkLatency(const Vertex& source,
                                               const Vertex& sink,
                                               int subtask) const;

 private:
  MetricLabels LabelsOfJob() const;
  MetricLabels LabelsOf(const PlannedChain& chain, int index) const;

  const JobPlan& plan_;
  const SubtaskEnvironment& environment_;
};

}  // namespace millrace
