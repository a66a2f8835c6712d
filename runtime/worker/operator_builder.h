#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/operators/source_operator.h"
#include "runtime/plan/job_plan.h"
#include "runtime/worker/subtask_environment.h"
#include "runtime/worker/subtask_rejections.h"

namespace millrace {

// Makes the operators of a plan's vertices for single subtasks: those of the
// query, and those that drive a connector. Errors are the author's or the
// outside's.
class OperatorBuilder {
 public:
  // All outlive it.
  OperatorBuilder(const JobPlan& plan, const SubtaskEnvironment& environment,
                  const FunctionContext& functions)
      : plan_(plan), environment_(environment), functions_(functions) {}

  OperatorContext ContextOf(const Vertex& vertex, int index,
                            MetricGroup* metrics) const;

  // Of a vertex that is neither a source nor literal rows.
  absl::StatusOr<std::unique_ptr<Operator>> Build(
      const Vertex& vertex, const OperatorContext& context,
      SubtaskRejections& rejections) const;
  // What a sink is given: rows of the query, or dead letters; then its vertex
  // stands in no plan.
  enum class SinkInput { kRows, kLetters };
  absl::StatusOr<std::unique_ptr<Operator>> BuildSink(
      const Vertex& vertex, const OperatorContext& context, SinkInput input,
      SubtaskRejections& rejections) const;
  absl::StatusOr<std::unique_ptr<SourceOperator>> BuildSource(
      const Vertex& vertex, int index,
      std::shared_ptr<OperatorMetrics> metrics,
      SubtaskRejections& rejections) const;

 private:
  absl::Status CompileSource(const Vertex& vertex, const std::string& name,
                             RowFailures* failures,
                             SourceOperator::Parts& parts) const;
  // REQUIRES: the environment has checkpoints.
  std::shared_ptr<OutputFiles> OutputFilesOf(const Vertex& sink,
                                             int index) const;
  ConnectorContext ConnectorContextOf(const Vertex& vertex,
                                      const OperatorContext& context) const;

  const JobPlan& plan_;
  const SubtaskEnvironment& environment_;
  const FunctionContext& functions_;
};

}  // namespace millrace
