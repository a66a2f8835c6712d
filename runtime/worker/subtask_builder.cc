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
#include "runtime/operators/operator_factory.h"
#include "runtime/operators/sink_operator.h"
#include "runtime/plan/plan_text.h"
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
  absl::Status CompileSource(const Vertex& vertex, const std::string& name,
                             RowFailures* failures,
                             SourceOperator::Parts& parts);
  absl::StatusOr<std::unique_ptr<Operator>> BuildOperator(
      const Vertex& vertex, const OperatorContext& context);
  absl::StatusOr<std::unique_ptr<Operator>> BuildSink(
      const Vertex& vertex, const OperatorContext& context);
  std::unique_ptr<SubtaskRejections> MakeRejections(const PlannedChain& chain,
                                                    int index);
  absl::StatusOr<SubtaskRejections::MadeSink> BuildRejectedSink(
      const TableDescriptor& table, const PlannedChain& chain, int index);

  OperatorContext ContextOf(const Vertex& vertex, int index,
                            MetricGroup* metrics) const;
  ConnectorContext ConnectorContextOf(const OperatorContext& context) const;
  MetricLabels TaskLabels(const PlannedChain& chain, int index) const;
  std::vector<std::shared_ptr<OperatorMetrics>> MakeMetrics(
      const PlannedChain& chain, int index) const;
  std::shared_ptr<MetricGroup> AddGroup(const PlannedChain& chain, int index,
                                        const Vertex& vertex) const;

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

  subtask.rejections = MakeRejections(chain, index);
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
    OperatorContext context =
        ContextOf(vertex, index, subtask.operators[i]->group());
    if (std::holds_alternative<CalcSpec>(vertex.spec)) {
      ASSIGN_OR_RETURN(context.row_failures,
                       subtask.rejections->OfRows(vertex, context));
    }
    ASSIGN_OR_RETURN(std::unique_ptr<Operator> op,
                     BuildOperator(vertex, context));
    stages.push_back({std::move(op), subtask.operators[i]});
  }
  for (std::unique_ptr<Operator>& stage : subtask.rejections->TakeStages()) {
    stages.push_back({std::move(stage), nullptr});
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

absl::Status SubtaskBuilder::CompileSource(const Vertex& vertex,
                                           const std::string& name,
                                           RowFailures* failures,
                                           SourceOperator::Parts& parts) {
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

absl::StatusOr<std::unique_ptr<SourceOperator>> SubtaskBuilder::BuildSource(
    const Vertex& vertex, Subtask& subtask) {
  const auto& spec = std::get<SourceSpec>(vertex.spec);
  const OperatorContext context =
      ContextOf(vertex, subtask.index, subtask.operators.front()->group());
  subtask.inbox = std::make_unique<Mailbox<SplitCommand>>(
      [waker = environment_.workers[subtask.worker]] { waker->Wake(); });

  SourceOperator::Parts parts;
  ASSIGN_OR_RETURN(const Connector* connector,
                   environment_.connectors->FindFor(spec.table));
  ASSIGN_OR_RETURN(parts.reader,
                   connector->MakeReader(spec.table, spec.request,
                                         ConnectorContextOf(context)));
  ASSIGN_OR_RETURN(RowFailures* const failures,
                   subtask.rejections->OfRows(vertex, context));
  RETURN_IF_ERROR(CompileSource(vertex, context.name, failures, parts));
  parts.watermark = spec.watermark;
  parts.has_filter = spec.filter.has_value();
  ASSIGN_OR_RETURN(parts.rejections,
                   subtask.rejections->OfRecords(spec, context));
  parts.metrics = subtask.operators.front();
  parts.inbox = subtask.inbox.get();
  parts.request_splits = [request = environment_.request_splits,
                          id = vertex.id, index = subtask.index] {
    request(id, index);
  };
  return std::make_unique<SourceOperator>(std::move(parts), context);
}

std::unique_ptr<SubtaskRejections> SubtaskBuilder::MakeRejections(
    const PlannedChain& chain, int index) {
  return std::make_unique<SubtaskRejections>(SubtaskRejections::Options{
      .plan = &plan_,
      .attempt = environment_.attempt,
      .directory = environment_.dead_letter_directory,
      .make_sink = [this, &chain, index](const TableDescriptor& table) {
        return BuildRejectedSink(table, chain, index);
      }});
}

// A sink that stands in no plan: it is told as a part of the chain's head.
absl::StatusOr<SubtaskRejections::MadeSink> SubtaskBuilder::BuildRejectedSink(
    const TableDescriptor& table, const PlannedChain& chain, int index) {
  Vertex vertex;
  vertex.id = chain.vertices.front();
  vertex.uid = absl::StrCat(plan_.vertex(vertex.id).uid, "/rejected/",
                            table.name);
  vertex.name = absl::StrCat("Rejected(", table.name, ")");
  vertex.spec = SinkSpec{.table = table};
  vertex.parallelism = chain.parallelism;
  std::shared_ptr<MetricGroup> metrics = AddGroup(chain, index, vertex);
  OperatorContext context = ContextOf(vertex, index, metrics.get());
  // Apart from the subtasks of every other chain that writes the table; still
  // of this one's worker.
  const auto workers = static_cast<int>(environment_.workers.size());
  const auto place = static_cast<int>(&chain - chains_.data()) + 1;
  const int stride =
      (plan_.max_parallelism + workers - 1) / workers * workers;
  context.subtask += place * stride;
  context.parallelism += place * stride;
  auto sink = BuildSink(vertex, context);
  if (!sink.ok()) return Annotate(sink.status(), vertex.name);
  return SubtaskRejections::MadeSink{*std::move(sink), std::move(metrics)};
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

OperatorContext SubtaskBuilder::ContextOf(const Vertex& vertex, int index,
                                          MetricGroup* metrics) const {
  return {.name = absl::StrCat(vertex.name, "[", index, "]"),
          .subtask = index,
          .parallelism = vertex.parallelism,
          .max_parallelism = plan_.max_parallelism,
          .clock = environment_.clock,
          .memory = environment_.memory,
          .metrics = metrics};
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
    metrics.push_back(std::make_shared<OperatorMetrics>(
        AddGroup(chain, index, plan_.vertex(id)), environment_.clock));
  }
  return metrics;
}

std::shared_ptr<MetricGroup> SubtaskBuilder::AddGroup(
    const PlannedChain& chain, int index, const Vertex& vertex) const {
  MetricLabels labels = TaskLabels(chain, index);
  labels.emplace_back("operator_id", HexId(vertex.uid));
  labels.emplace_back("operator_name", vertex.name);
  return environment_.metrics->AddGroup("flink_taskmanager_job_task_operator",
                                        std::move(labels));
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
