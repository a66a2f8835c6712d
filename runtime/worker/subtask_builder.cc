#include "runtime/worker/subtask_builder.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/dead_letter_writer.h"
#include "runtime/operators/operator_factory.h"
#include "runtime/operators/sink_operator.h"
#include "runtime/types/time_zone.h"
#include "runtime/worker/exchange_wiring.h"

namespace millrace {
namespace {

// Flink's ids are 32 hex digits; ours are made from names.
std::string HexId(absl::string_view name) {
  return absl::StrFormat("%016x%016x", HashBytes(name),
                         HashBytes(absl::StrCat(name, "#")));
}

std::vector<LogicalType> TypesOf(const std::vector<RowField>& fields) {
  std::vector<LogicalType> types;
  for (const RowField& field : fields) types.push_back(field.type);
  return types;
}

std::vector<Batch> LiteralBatches(const Vertex& vertex) {
  const auto& rows = std::get<ValuesSpec>(vertex.spec).rows;
  const std::vector<LogicalType> types = TypesOf(vertex.output);
  std::vector<Batch> batches;
  for (size_t at = 0; at < rows.size(); at += kMaxBatchRows) {
    const size_t count = std::min<size_t>(kMaxBatchRows, rows.size() - at);
    batches.push_back(BatchOf(types, std::span(rows).subspan(at, count)));
  }
  return batches;
}

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

// Builds one plan's subtasks, one after the other.
class SubtaskBuilder {
 public:
  SubtaskBuilder(const JobPlan& plan, const SubtaskEnvironment& environment,
                 const FunctionContext& functions)
      : plan_(plan),
        environment_(environment),
        functions_(functions),
        chains_(PlanChains(plan)),
        wiring_(plan, chains_, environment.workers, environment.clock) {}

  absl::StatusOr<std::unique_ptr<JobFragment>> Build() {
    auto fragment = std::make_unique<JobFragment>();
    for (const PlannedChain& chain : chains_) {
      for (int index = 0; index < chain.parallelism; ++index) {
        ASSIGN_OR_RETURN(Subtask subtask, BuildSubtask(chain, index));
        fragment->subtasks.push_back(std::move(subtask));
      }
    }
    fragment->rings = wiring_.TakeRings();
    return fragment;
  }

 private:
  absl::StatusOr<Subtask> BuildSubtask(const PlannedChain& chain, int index);
  absl::StatusOr<std::unique_ptr<TaskletInput>> BuildInput(
      const PlannedChain& chain, Subtask& subtask);
  absl::StatusOr<std::unique_ptr<SourceOperator>> BuildSource(
      const Vertex& vertex, Subtask& subtask);
  absl::StatusOr<std::unique_ptr<Operator>> BuildOperator(
      const Vertex& vertex, const OperatorContext& context);
  absl::StatusOr<std::unique_ptr<Operator>> BuildSink(
      const Vertex& vertex, const OperatorContext& context);
  absl::StatusOr<std::unique_ptr<RejectionPolicy>> BuildRejections(
      const TableDescriptor& table, const OperatorContext& context);

  OperatorContext ContextOf(const Vertex& vertex, const Subtask& subtask,
                            const OperatorMetrics& metrics) const;
  ConnectorContext ConnectorContextOf(const OperatorContext& context) const;
  MetricLabels TaskLabels(const PlannedChain& chain, int index) const;
  std::vector<std::shared_ptr<OperatorMetrics>> MakeMetrics(
      const PlannedChain& chain, int index) const;

  const JobPlan& plan_;
  const SubtaskEnvironment& environment_;
  const FunctionContext& functions_;
  const std::vector<PlannedChain> chains_;
  ExchangeWiring wiring_;
};

absl::StatusOr<Subtask> SubtaskBuilder::BuildSubtask(const PlannedChain& chain,
                                                     int index) {
  Subtask subtask;
  subtask.vertices = chain.vertices;
  subtask.index = index;
  subtask.worker = index % static_cast<int>(environment_.workers.size());
  subtask.operators = MakeMetrics(chain, index);
  auto task_group = environment_.metrics->AddGroup(
      "flink_taskmanager_job_task", TaskLabels(chain, index));
  AddTaskReadings(*task_group, subtask.operators.front(),
                  subtask.operators.back(), environment_.clock);
  subtask.metrics = std::make_shared<TaskletMetrics>(std::move(task_group),
                                                     environment_.clock);

  ASSIGN_OR_RETURN(std::unique_ptr<TaskletInput> input,
                   BuildInput(chain, subtask));
  std::vector<Chain::Stage> stages;
  for (size_t i = 0; i < chain.vertices.size(); ++i) {
    const Vertex& vertex = plan_.vertex(chain.vertices[i]);
    if (std::holds_alternative<SourceSpec>(vertex.spec) ||
        std::holds_alternative<ValuesSpec>(vertex.spec)) {
      continue;  // They are the input.
    }
    if (IsKeyed(vertex) && i > 0) {
      auto coalescer = std::make_unique<RowCoalescer>(environment_.clock);
      RowCoalescer* borrowed = coalescer.get();
      stages.push_back({std::move(coalescer), nullptr, borrowed});
    }
    const OperatorContext context =
        ContextOf(vertex, subtask, *subtask.operators[i]);
    ASSIGN_OR_RETURN(std::unique_ptr<Operator> op,
                     BuildOperator(vertex, context));
    stages.push_back({std::move(op), subtask.operators[i]});
  }
  subtask.tasklet = std::make_unique<Tasklet>(
      std::move(input),
      std::make_unique<Chain>(std::move(stages),
                              wiring_.OutputsOf(chain, index)),
      subtask.metrics, environment_.clock);
  return subtask;
}

absl::StatusOr<std::unique_ptr<TaskletInput>> SubtaskBuilder::BuildInput(
    const PlannedChain& chain, Subtask& subtask) {
  const Vertex& first = plan_.vertex(chain.vertices.front());
  if (std::holds_alternative<SourceSpec>(first.spec)) {
    auto source = BuildSource(first, subtask);
    if (!source.ok()) return Annotate(source.status(), first.name);
    return InputFrom(*std::move(source));
  }
  if (std::holds_alternative<ValuesSpec>(first.spec)) {
    return InputFrom(subtask.index == 0 ? LiteralBatches(first)
                                        : std::vector<Batch>());
  }
  return InputFrom(InputGate(wiring_.InputsOf(chain, subtask.index)));
}

absl::StatusOr<std::unique_ptr<SourceOperator>> SubtaskBuilder::BuildSource(
    const Vertex& vertex, Subtask& subtask) {
  const auto& spec = std::get<SourceSpec>(vertex.spec);
  const OperatorContext context =
      ContextOf(vertex, subtask, *subtask.operators.front());
  subtask.inbox = std::make_unique<Mailbox<SplitCommand>>(
      [waker = environment_.workers[subtask.worker]] { waker->Wake(); });

  SourceOperator::Parts parts;
  ASSIGN_OR_RETURN(const Connector* connector,
                   environment_.connectors->FindFor(spec.table));
  ASSIGN_OR_RETURN(parts.reader,
                   connector->MakeReader(spec.table, spec.request,
                                         ConnectorContextOf(context)));
  if (!IsIdentity(spec)) {
    ASSIGN_OR_RETURN(parts.columns,
                     Evaluator::Compile(spec.columns, *environment_.functions,
                                        functions_));
  }
  std::vector<Expr> conditions;
  if (spec.watermark) conditions.push_back(spec.watermark->watermark);
  if (spec.filter) conditions.push_back(*spec.filter);
  if (!conditions.empty()) {
    ASSIGN_OR_RETURN(parts.conditions,
                     Evaluator::Compile(conditions, *environment_.functions,
                                        functions_));
  }
  parts.watermark = spec.watermark;
  parts.has_filter = spec.filter.has_value();
  ASSIGN_OR_RETURN(parts.rejections, BuildRejections(spec.table, context));
  parts.metrics = subtask.operators.front();
  parts.inbox = subtask.inbox.get();
  parts.request_splits = [request = environment_.request_splits,
                          id = vertex.id, index = subtask.index] {
    request(id, index);
  };
  return std::make_unique<SourceOperator>(std::move(parts), context);
}

absl::StatusOr<std::unique_ptr<RejectionPolicy>>
SubtaskBuilder::BuildRejections(const TableDescriptor& table,
                                const OperatorContext& context) {
  ASSIGN_OR_RETURN(const RejectionPolicy::Mode mode,
                   RejectionPolicy::ModeOf(table));
  std::unique_ptr<RejectedSink> sink;
  if (mode == RejectionPolicy::Mode::kQuarantine) {
    sink = std::make_unique<DeadLetterWriter>(DeadLetterWriter::Options{
        .path = absl::StrCat(environment_.dead_letter_directory, "/",
                             table.name, "-", context.subtask, ".jsonl"),
        .job = plan_.name,
        .attempt = environment_.attempt,
        .op = context.name});
  }
  return std::make_unique<RejectionPolicy>(table.name, mode, std::move(sink));
}

absl::StatusOr<std::unique_ptr<Operator>> SubtaskBuilder::BuildOperator(
    const Vertex& vertex, const OperatorContext& context) {
  if (std::holds_alternative<SinkSpec>(vertex.spec)) {
    auto sink = BuildSink(vertex, context);
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

absl::StatusOr<std::unique_ptr<Operator>> SubtaskBuilder::BuildSink(
    const Vertex& vertex, const OperatorContext& context) {
  const auto& spec = std::get<SinkSpec>(vertex.spec);
  ASSIGN_OR_RETURN(const Connector* connector,
                   environment_.connectors->FindFor(spec.table));
  ASSIGN_OR_RETURN(std::unique_ptr<Writer> writer,
                   connector->MakeWriter(spec.table,
                                         ConnectorContextOf(context)));
  auto report = [report = environment_.report_line, id = vertex.id,
                 index = context.subtask](std::string line) {
    report(id, index, std::move(line));
  };
  return std::make_unique<SinkOperator>(spec, std::move(writer),
                                        std::move(report), context);
}

OperatorContext SubtaskBuilder::ContextOf(
    const Vertex& vertex, const Subtask& subtask,
    const OperatorMetrics& metrics) const {
  return {.name = absl::StrCat(vertex.name, "[", subtask.index, "]"),
          .subtask = subtask.index,
          .parallelism = vertex.parallelism,
          .max_parallelism = plan_.max_parallelism,
          .clock = environment_.clock,
          .memory = environment_.memory,
          .metrics = metrics.group()};
}

ConnectorContext SubtaskBuilder::ConnectorContextOf(
    const OperatorContext& context) const {
  const size_t worker = context.subtask % environment_.workers.size();
  return {.subtask = context.subtask,
          .parallelism = context.parallelism,
          .clock = environment_.clock,
          .background = environment_.background,
          .metrics = context.metrics,
          .wake = [waker = environment_.workers[worker]] { waker->Wake(); },
          .local_time_zone = functions_.local_time_zone};
}

MetricLabels SubtaskBuilder::TaskLabels(const PlannedChain& chain,
                                        int index) const {
  const std::string name = absl::StrJoin(
      chain.vertices, " -> ", [this](std::string* out, VertexId id) {
        absl::StrAppend(out, plan_.vertex(id).name);
      });
  MetricLabels labels = environment_.metric_labels;
  const std::string task_id =
      HexId(plan_.vertex(chain.vertices.front()).uid);
  labels.emplace_back("job_id", environment_.job_id);
  labels.emplace_back("job_name", plan_.name);
  labels.emplace_back("task_id", task_id);
  labels.emplace_back("task_name", name);
  labels.emplace_back("task_attempt_id",
                      HexId(absl::StrCat(environment_.job_id, task_id, index,
                                         "/", environment_.attempt)));
  labels.emplace_back("task_attempt_num", absl::StrCat(environment_.attempt));
  labels.emplace_back("subtask_index", absl::StrCat(index));
  return labels;
}

std::vector<std::shared_ptr<OperatorMetrics>> SubtaskBuilder::MakeMetrics(
    const PlannedChain& chain, int index) const {
  std::vector<std::shared_ptr<OperatorMetrics>> metrics;
  for (const VertexId id : chain.vertices) {
    MetricLabels labels = TaskLabels(chain, index);
    labels.emplace_back("operator_id", HexId(plan_.vertex(id).uid));
    labels.emplace_back("operator_name", plan_.vertex(id).name);
    metrics.push_back(std::make_shared<OperatorMetrics>(
        environment_.metrics->AddGroup("flink_taskmanager_job_task_operator",
                                       std::move(labels)),
        environment_.clock));
  }
  return metrics;
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobFragment>> BuildSubtasks(
    const JobPlan& plan, const SubtaskEnvironment& environment) {
  ASSIGN_OR_RETURN(const TimeZone zone, TimeZone::Find(plan.time_zone));
  const FunctionContext functions = {.local_time_zone = zone.zone(),
                                     .clock = environment.clock};
  return SubtaskBuilder(plan, environment, functions).Build();
}

}  // namespace millrace
