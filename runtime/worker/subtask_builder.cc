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
#include "runtime/operators/restored_watermark.h"
#include "runtime/plan/plan_text.h"
#include "runtime/types/time_zone.h"
#include "runtime/worker/exchange_wiring.h"
#include "runtime/worker/restore_check.h"
#include "runtime/worker/row_coalescer.h"

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
    if (environment_.restore != nullptr) {
      ASSIGN_OR_RETURN(fragment->restored,
                       CheckRestore(*environment_.restore, plan_));
    }
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
      const PlannedChain& chain, Subtask& subtask, SnapshotReader* restored,
      Gauge* alignment_nanos);
  absl::StatusOr<std::unique_ptr<SourceOperator>> BuildSource(
      const Vertex& vertex, Subtask& subtask);
  // The operators of a chain behind its input.
  struct Operators {
    std::vector<Chain::Stage> stages;
    // Of the chain's first vertex, which has the input's part.
    SubtaskState::Share input;
    std::unique_ptr<SnapshotReader> input_restored;
  };
  absl::StatusOr<Operators> BuildOperators(const PlannedChain& chain,
                                           Subtask& subtask,
                                           SubtaskState& state);
  absl::StatusOr<Chain::Stage> BuildStage(
      const Vertex& vertex, Subtask& subtask,
      std::shared_ptr<OperatorMetrics> metrics,
      const SubtaskState::Share& share, SnapshotReader* restored);
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
  absl::Status AddRejectedStages(Subtask& subtask, SubtaskState& state,
                                 std::vector<Chain::Stage>& stages);
  SubtaskState MakeState(const Subtask& subtask, Gauge* sync_nanos) const;
  static bool IsInput(const Vertex& vertex) {
    return std::holds_alternative<SourceSpec>(vertex.spec) ||
           std::holds_alternative<ValuesSpec>(vertex.spec);
  }

  OperatorContext ContextOf(const Vertex& vertex, int index,
                            MetricGroup* metrics) const;
  ConnectorContext ConnectorContextOf(const Vertex& vertex,
                                      const OperatorContext& context) const;
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
  // Of the subtask at hand, in the order of its rejections' stages.
  std::vector<Vertex> rejected_sinks_;
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
  Gauge* const alignment_nanos = task_group->AddGauge(
      "checkpointAlignmentTime",
      "Nanoseconds that the last alignment of barriers took.");
  Gauge* const sync_nanos = task_group->AddGauge(
      "checkpointSyncTime",
      "Nanoseconds of the last snapshot in which nothing else went on.");
  subtask.metrics = std::make_shared<TaskletMetrics>(std::move(task_group),
                                                     environment_.clock);
  subtask.inbox = std::make_unique<Mailbox<SubtaskCommand>>(
      [waker = environment_.workers[subtask.worker]] { waker->Wake(); });
  subtask.is_root = IsInput(plan_.vertex(chain.vertices.front()));
  subtask.rejections = MakeRejections(chain, index);

  rejected_sinks_.clear();
  SubtaskState state = MakeState(subtask, sync_nanos);
  ASSIGN_OR_RETURN(Operators operators, BuildOperators(chain, subtask, state));
  ASSIGN_OR_RETURN(std::unique_ptr<TaskletInput> input,
                   BuildInput(chain, subtask, operators.input_restored.get(),
                              alignment_nanos));
  RETURN_IF_ERROR(AddRejectedStages(subtask, state, operators.stages));
  Tasklet::Checkpoints checkpoints = {
      .inbox = subtask.inbox.get(),
      .participant = state.TakeParticipant(),
      .input_backend = operators.input.backend};
  if (environment_.drained) {
    checkpoints.on_drained = [drained = environment_.drained,
                              id = subtask.id()] { drained(id); };
  }
  auto running = std::make_unique<Chain>(std::move(operators.stages),
                                         wiring_.OutputsOf(chain, index),
                                         checkpoints.participant.get());
  subtask.tasklet = std::make_unique<Tasklet>(
      std::move(input), std::move(running), subtask.metrics,
      environment_.clock, std::move(checkpoints));
  return subtask;
}

absl::Status SubtaskBuilder::AddRejectedStages(
    Subtask& subtask, SubtaskState& state, std::vector<Chain::Stage>& stages) {
  size_t at = 0;
  for (std::unique_ptr<Operator>& stage : subtask.rejections->TakeStages()) {
    const Vertex& vertex = rejected_sinks_[at++];
    const SubtaskState::Share share = state.Add(vertex);
    ASSIGN_OR_RETURN(const auto restored, state.Open(share));
    const absl::Status done = SubtaskState::Restore(restored.get(), *stage);
    if (!done.ok()) return Annotate(done, vertex.name);
    stages.push_back({std::move(stage), nullptr, share.backend});
  }
  return absl::OkStatus();
}

SubtaskState SubtaskBuilder::MakeState(const Subtask& subtask,
                                       Gauge* sync_nanos) const {
  Executor* const uploads = environment_.uploads != nullptr
                                ? environment_.uploads
                                : environment_.background;
  return SubtaskState({.make_backend = environment_.make_backend,
                       .store = environment_.checkpoints,
                       .restore = environment_.restore.get(),
                       .job_id = environment_.job_id,
                       .attempt = environment_.attempt,
                       .max_parallelism = plan_.max_parallelism,
                       .participant = {.subtask = subtask.id(),
                                       .uploads = uploads,
                                       .acknowledge = environment_.acknowledge,
                                       .clock = environment_.clock,
                                       .sync_nanos = sync_nanos}});
}

absl::StatusOr<SubtaskBuilder::Operators> SubtaskBuilder::BuildOperators(
    const PlannedChain& chain, Subtask& subtask, SubtaskState& state) {
  Operators built;
  for (size_t i = 0; i < chain.vertices.size(); ++i) {
    const Vertex& vertex = plan_.vertex(chain.vertices[i]);
    const SubtaskState::Share share = state.Add(vertex);
    auto restored = state.Open(share);
    if (!restored.ok()) return Annotate(restored.status(), vertex.name);
    if (!IsInput(vertex)) {
      if (IsKeyed(vertex) && i > 0) {
        built.stages.push_back(
            {std::make_unique<RowCoalescer>(environment_.clock), nullptr});
      }
      ASSIGN_OR_RETURN(Chain::Stage stage,
                       BuildStage(vertex, subtask, subtask.operators[i], share,
                                  restored->get()));
      built.stages.push_back(std::move(stage));
    }
    if (i == 0) {
      built.input = share;
      built.input_restored = *std::move(restored);
    }
  }
  return built;
}

absl::StatusOr<Chain::Stage> SubtaskBuilder::BuildStage(
    const Vertex& vertex, Subtask& subtask,
    std::shared_ptr<OperatorMetrics> metrics, const SubtaskState::Share& share,
    SnapshotReader* restored) {
  OperatorContext context = ContextOf(vertex, subtask.index, metrics->group());
  context.state = share.backend;
  if (std::holds_alternative<CalcSpec>(vertex.spec)) {
    ASSIGN_OR_RETURN(context.row_failures,
                     subtask.rejections->OfRows(vertex, context));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Operator> op,
                   BuildOperator(vertex, context));
  const absl::Status done = SubtaskState::Restore(restored, *op);
  if (!done.ok()) return Annotate(done, vertex.name);
  return Chain::Stage{std::move(op), std::move(metrics), share.backend};
}

absl::StatusOr<std::unique_ptr<TaskletInput>> SubtaskBuilder::BuildInput(
    const PlannedChain& chain, Subtask& subtask, SnapshotReader* restored,
    Gauge* alignment_nanos) {
  const Vertex& first = plan_.vertex(chain.vertices.front());
  if (std::holds_alternative<SourceSpec>(first.spec)) {
    auto source = BuildSource(first, subtask);
    if (source.ok() && restored != nullptr) {
      const absl::Status done = (*source)->Restore(*restored);
      if (!done.ok()) source = done;
    }
    if (!source.ok()) return Annotate(source.status(), first.name);
    return InputFrom(*std::move(source));
  }
  if (std::holds_alternative<ValuesSpec>(first.spec)) {
    return InputFrom(subtask.index == 0 ? LiteralBatches(first)
                                        : std::vector<Batch>(),
                     restored);
  }
  InputGate::Options options = {.alignment_nanos = alignment_nanos,
                                .clock = environment_.clock};
  if (restored != nullptr) {
    ASSIGN_OR_RETURN(options.restored_watermark_ms,
                     RestoredWatermark(kInputWatermark, *restored));
  }
  return InputFrom(
      InputGate(wiring_.InputsOf(chain, subtask.index), options));
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
  SourceOperator::Parts parts;
  ASSIGN_OR_RETURN(const Connector* connector,
                   environment_.connectors->FindFor(spec.table));
  ASSIGN_OR_RETURN(parts.reader,
                   connector->MakeReader(spec.table, spec.request,
                                         ConnectorContextOf(vertex, context)));
  ASSIGN_OR_RETURN(RowFailures* const failures,
                   subtask.rejections->OfRows(vertex, context));
  RETURN_IF_ERROR(CompileSource(vertex, context.name, failures, parts));
  parts.watermark = spec.watermark;
  parts.has_filter = spec.filter.has_value();
  ASSIGN_OR_RETURN(parts.rejections,
                   subtask.rejections->OfRecords(spec, context));
  parts.metrics = subtask.operators.front();
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
  rejected_sinks_.push_back(vertex);
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
  const ConnectorContext surroundings = ConnectorContextOf(vertex, context);
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
  ASSIGN_OR_RETURN(parts.committer,
                   connector->MakeCommitter(spec.table, surroundings));
  return std::make_unique<SinkOperator>(spec, std::move(parts), context);
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
    const Vertex& vertex, const OperatorContext& context) const {
  const size_t worker = context.subtask % environment_.workers.size();
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
