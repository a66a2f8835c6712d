#include "runtime/worker/operator_builder.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/committing_writer.h"
#include "runtime/operators/guarded_evaluator.h"
#include "runtime/operators/operator_factory.h"
#include "runtime/operators/sink_operator.h"
#include "runtime/plan/plan_text.h"
#include "runtime/worker/checkpoint_output_files.h"

namespace millrace {
namespace {

// Whether the columns computed are the columns decoded.
bool IsIdentity(const SourceSpec& spec) {
  if (spec.columns.size() != spec.request.columns.size()) return false;
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    if (spec.columns[i].kind != Expr::Kind::kColumn ||
        spec.columns[i].column != static_cast<int32_t>(i)) {
      return false;
    }
  }
  return true;
}

// One reader's part of the records that the readers of a source read between
// two barriers; without the option, no limit.
int64_t RecordsPerCheckpoint(const JobPlan& plan, int parallelism) {
  const auto found = plan.config.find("execution.checkpointing.interval-rows");
  int64_t records = 0;
  if (found == plan.config.end() ||
      !absl::SimpleAtoi(found->second, &records) || records <= 0) {
    return INT64_MAX;
  }
  return std::max<int64_t>(1, records / parallelism);
}

}  // namespace

OperatorContext OperatorBuilder::ContextOf(const Vertex& vertex, int index,
                                           MetricGroup* metrics) const {
  return {.name = absl::StrCat(vertex.name, "[", index, "]"),
          .subtask = index,
          .parallelism = vertex.parallelism,
          .max_parallelism = plan_.max_parallelism,
          .clock = environment_.clock,
          .memory = environment_.memory,
          .metrics = metrics};
}

ConnectorContext OperatorBuilder::ConnectorContextOf(
    const Vertex& vertex, const OperatorContext& context) const {
  const int worker = environment_.placement.WorkerOf(context.subtask);
  return {.job_id = environment_.job_id,
          .attempt = environment_.attempt,
          .vertex = vertex.id,
          .subtask = context.subtask,
          .parallelism = context.parallelism,
          .clock = environment_.clock,
          .background = environment_.background,
          .disk = environment_.disk,
          .metrics = context.metrics,
          .wake = [waker = environment_.workers[worker]] { waker->Wake(); },
          .local_time_zone = functions_.local_time_zone,
          .takes_periodic_checkpoints =
              environment_.takes_periodic_checkpoints};
}

absl::StatusOr<std::unique_ptr<Operator>> OperatorBuilder::Build(
    const Vertex& vertex, const OperatorContext& context,
    SubtaskRejections& rejections) const {
  if (std::holds_alternative<SinkSpec>(vertex.spec)) {
    auto sink = BuildSink(vertex, context, SinkInput::kRows, rejections);
    return sink.ok() ? std::move(sink)
                     : Annotate(sink.status(), vertex.name);
  }
  std::vector<std::vector<RowField>> inputs;
  for (const Edge& edge : plan_.edges) {
    if (edge.to != vertex.id) continue;
    inputs.resize(std::max<size_t>(inputs.size(), edge.input + 1));
    inputs[edge.input] = plan_.vertex(edge.from).output;
  }
  if (environment_.make_operator) {
    return environment_.make_operator(vertex, inputs, functions_, context);
  }
  return MakeOperator(vertex, inputs, *environment_.functions, functions_,
                      context);
}

absl::StatusOr<std::unique_ptr<Operator>> OperatorBuilder::BuildSink(
    const Vertex& vertex, const OperatorContext& context, SinkInput input,
    SubtaskRejections& rejections) const {
  const auto& spec = std::get<SinkSpec>(vertex.spec);
  ASSIGN_OR_RETURN(const Connector* connector,
                   environment_.connectors->FindFor(spec.table));
  ConnectorContext surroundings = ConnectorContextOf(vertex, context);
  if (environment_.checkpoints != nullptr) {
    surroundings.output_files = OutputFilesOf(vertex, context.subtask);
  }
  SinkOperator::Parts parts = {
      // Where nobody completes checkpoints, the end of the input commits.
      .background = environment_.drained ? environment_.background : nullptr,
      .wake = surroundings.wake,
      .on_finish = [report = environment_.report_line, id = vertex.id,
                    index = context.subtask](std::string line) {
        report(id, index, std::move(line));
      }};
  ASSIGN_OR_RETURN(parts.writer,
                   connector->MakeWriter(spec.table, surroundings));
  if (dynamic_cast<CommittingWriter*>(parts.writer.get()) != nullptr) {
    if (input == SinkInput::kRows) {
      ASSIGN_OR_RETURN(parts.refusals, rejections.OfOutput(vertex, context));
    } else {
      parts.refusals = rejections.OfLetters(vertex, context);
    }
  }
  ASSIGN_OR_RETURN(parts.committer,
                   connector->MakeCommitter(spec.table, surroundings));
  return std::make_unique<SinkOperator>(spec, std::move(parts), context);
}

std::shared_ptr<OutputFiles> OperatorBuilder::OutputFilesOf(
    const Vertex& sink, int index) const {
  return std::make_shared<CheckpointOutputFiles>(
      CheckpointOutputFiles::Options{.store = environment_.checkpoints,
                                     .job_id = environment_.job_id,
                                     .attempt = environment_.attempt,
                                     .sink = sink.uid,
                                     .subtask = index});
}

absl::Status OperatorBuilder::CompileSource(
    const Vertex& vertex, const std::string& name, RowFailures* failures,
    SourceOperator::Parts& parts) const {
  const auto& spec = std::get<SourceSpec>(vertex.spec);
  GuardedEvaluator::Options options = {.op = name, .failures = failures};
  if (!IsIdentity(spec)) {
    const std::vector<std::string> names = RequestNames(spec);
    for (size_t i = 0; i < names.size(); ++i) {
      options.columns.push_back({names[i], spec.request.columns[i].type});
    }
    options.labels = LabelsOf(vertex.output);
    ASSIGN_OR_RETURN(parts.columns,
                     GuardedEvaluator::Compile(spec.columns, options,
                                               *environment_.functions,
                                               functions_));
    options.counts_rows = false;
  }
  std::vector<Expr> conditions;
  options.labels.clear();
  if (spec.watermark) {
    conditions.push_back(spec.watermark->watermark);
    options.labels.push_back("the watermark ");
  }
  if (spec.filter) {
    conditions.push_back(*spec.filter);
    options.labels.push_back("the filter ");
  }
  if (conditions.empty()) return absl::OkStatus();
  options.columns = vertex.output;
  ASSIGN_OR_RETURN(parts.conditions,
                   GuardedEvaluator::Compile(conditions, std::move(options),
                                             *environment_.functions,
                                             functions_));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SourceOperator>> OperatorBuilder::BuildSource(
    const Vertex& vertex, int index, std::shared_ptr<OperatorMetrics> metrics,
    SubtaskRejections& rejections) const {
  const auto& spec = std::get<SourceSpec>(vertex.spec);
  const OperatorContext context =
      ContextOf(vertex, index, metrics->group());
  SourceOperator::Parts parts;
  ASSIGN_OR_RETURN(const Connector* connector,
                   environment_.connectors->FindFor(spec.table));
  ASSIGN_OR_RETURN(parts.reader,
                   connector->MakeReader(spec.table, spec.request,
                                         ConnectorContextOf(vertex, context)));
  ASSIGN_OR_RETURN(RowFailures* const failures,
                   rejections.OfRows(vertex, context));
  RETURN_IF_ERROR(CompileSource(vertex, context.name, failures, parts));
  parts.watermark = spec.watermark;
  parts.has_filter = spec.filter.has_value();
  ASSIGN_OR_RETURN(parts.rejections,
                   rejections.OfRecords(vertex, context));
  parts.metrics = std::move(metrics);
  parts.records_per_checkpoint =
      RecordsPerCheckpoint(plan_, vertex.parallelism);
  parts.latency_interval = environment_.latency_interval;
  parts.request_splits = [request = environment_.request_splits,
                          id = vertex.id, index] { request(id, index); };
  return std::make_unique<SourceOperator>(std::move(parts), context);
}

}  // namespace millrace
