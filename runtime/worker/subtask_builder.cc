#include "runtime/worker/subtask_builder.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/restored_watermark.h"
#include "runtime/types/time_zone.h"
#include "runtime/worker/exchange_wiring.h"
#include "runtime/worker/metric_scopes.h"
#include "runtime/worker/operator_builder.h"
#include "runtime/worker/restore_check.h"
#include "runtime/worker/row_coalescer.h"

namespace millrace {
namespace {

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

// What a subtask's barriers are measured by.
struct BarrierGauges {
  Gauge* alignment_nanos = nullptr;
  Gauge* start_delay_nanos = nullptr;
};

// Builds one plan's subtasks, one after the other.
class SubtaskBuilder {
 public:
  SubtaskBuilder(const JobPlan& plan, const SubtaskEnvironment& environment,
                 const FunctionContext& functions)
      : plan_(plan),
        environment_(environment),
        metrics_(plan, environment),
        operators_(plan, environment, functions),
        chains_(PlanChains(plan)),
        wiring_(plan, chains_, environment) {}

  absl::StatusOr<std::unique_ptr<JobFragment>> Build() {
    auto fragment = std::make_unique<JobFragment>();
    if (environment_.restore != nullptr) {
      ASSIGN_OR_RETURN(fragment->restored,
                       CheckRestore(*environment_.restore, plan_));
    }
    for (const PlannedChain& chain : chains_) {
      for (int index = 0; index < chain.parallelism; ++index) {
        if (!environment_.placement.is_here(index)) continue;
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
      const BarrierGauges& barriers);
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
  std::unique_ptr<SubtaskRejections> MakeRejections(const PlannedChain& chain,
                                                    int index);
  absl::StatusOr<SubtaskRejections::MadeSink> BuildRejectedSink(
      const TableDescriptor& table, const PlannedChain& chain, int index,
      SubtaskRejections& rejections);
  absl::Status AddRejectedStages(Subtask& subtask, SubtaskState& state,
                                 std::vector<Chain::Stage>& stages);
  SubtaskState MakeState(const Subtask& subtask, Gauge* sync_nanos) const;
  static bool IsInput(const Vertex& vertex) {
    return std::holds_alternative<SourceSpec>(vertex.spec) ||
           std::holds_alternative<ValuesSpec>(vertex.spec);
  }

  const JobPlan& plan_;
  const SubtaskEnvironment& environment_;
  const MetricScopes metrics_;
  const OperatorBuilder operators_;
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
  subtask.worker = environment_.placement.WorkerOf(index);
  for (const VertexId id : chain.vertices) {
    subtask.operators.push_back(std::make_shared<OperatorMetrics>(
        metrics_.AddOperator(chain, index, plan_.vertex(id)),
        environment_.clock));
  }
  auto task_group = metrics_.AddTask(chain, index);
  subtask.metrics =
      std::make_shared<TaskletMetrics>(task_group, environment_.clock);
  AddTaskReadings(*task_group, subtask.operators.front(),
                  subtask.operators.back(), environment_.clock);
  const BarrierGauges barriers = {
      .alignment_nanos = task_group->AddGauge(
          "checkpointAlignmentTime",
          "Nanoseconds that the last alignment of barriers took."),
      .start_delay_nanos = task_group->AddGauge(
          "checkpointStartDelayNanos",
          "Nanoseconds until the last checkpoint's first barrier came.")};
  Gauge* const sync_nanos = task_group->AddGauge(
      "checkpointSyncTime",
      "Nanoseconds of the last snapshot in which nothing else went on.");
  subtask.inbox = std::make_unique<Mailbox<SubtaskCommand>>(
      [waker = environment_.workers[subtask.worker]] { waker->Wake(); });
  subtask.is_root = IsInput(plan_.vertex(chain.vertices.front()));
  subtask.rejections = MakeRejections(chain, index);

  rejected_sinks_.clear();
  SubtaskState state = MakeState(subtask, sync_nanos);
  ASSIGN_OR_RETURN(Operators operators, BuildOperators(chain, subtask, state));
  ASSIGN_OR_RETURN(std::unique_ptr<TaskletInput> input,
                   BuildInput(chain, subtask, operators.input_restored.get(),
                              barriers));
  RETURN_IF_ERROR(AddRejectedStages(subtask, state, operators.stages));
  Tasklet::Checkpoints checkpoints = {
      .inbox = subtask.inbox.get(),
      .participant = state.TakeParticipant(),
      .input_backend = operators.input.backend,
      .start_delay_nanos =
          subtask.is_root ? barriers.start_delay_nanos : nullptr};
  if (environment_.drained) {
    checkpoints.on_drained = [drained = environment_.drained,
                              id = subtask.id()] { drained(id); };
  }
  auto running = std::make_unique<Chain>(std::move(operators.stages),
                                         wiring_.OutputsOf(
                                             chain, index,
                                             subtask.metrics->out()),
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
                       .wake = [waker = environment_.workers[subtask.worker]] {
                         waker->Wake();
                       },
                       .participant = {.subtask = subtask.id(),
                                       .uploads = uploads,
                                       .acknowledge = environment_.acknowledge,
                                       .clock = environment_.clock,
                                       .sync_nanos = sync_nanos,
                                       .slices =
                                           environment_.snapshot_slices}});
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
  OperatorContext context =
      operators_.ContextOf(vertex, subtask.index, metrics->group());
  context.state = share.backend;
  if (std::holds_alternative<CalcSpec>(vertex.spec)) {
    ASSIGN_OR_RETURN(context.row_failures,
                     subtask.rejections->OfRows(vertex, context));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Operator> op,
                   operators_.Build(vertex, context, *subtask.rejections));
  const absl::Status done = SubtaskState::Restore(restored, *op);
  if (!done.ok()) return Annotate(done, vertex.name);
  Chain::Stage stage = {std::move(op), std::move(metrics), share.backend};
  if (std::holds_alternative<SinkSpec>(vertex.spec)) {
    stage.latency = std::make_unique<SinkLatency>(
        plan_, metrics_, vertex, subtask.index, environment_.clock);
  }
  return stage;
}

absl::StatusOr<std::unique_ptr<TaskletInput>> SubtaskBuilder::BuildInput(
    const PlannedChain& chain, Subtask& subtask, SnapshotReader* restored,
    const BarrierGauges& barriers) {
  const Vertex& first = plan_.vertex(chain.vertices.front());
  if (std::holds_alternative<SourceSpec>(first.spec)) {
    auto source = operators_.BuildSource(
        first, subtask.index, subtask.operators.front(), *subtask.rejections);
    if (source.ok() && restored != nullptr) {
      const absl::Status done = (*source)->Restore(*restored);
      if (!done.ok()) source = done;
    }
    if (!source.ok()) return Annotate(source.status(), first.name);
    return InputFrom(*std::move(source), first.id);
  }
  if (std::holds_alternative<ValuesSpec>(first.spec)) {
    return InputFrom(subtask.index == 0 ? LiteralBatches(first)
                                        : std::vector<Batch>(),
                     restored);
  }
  InputGate::Options options = {.alignment_nanos = barriers.alignment_nanos,
                                .start_delay_nanos = barriers.start_delay_nanos,
                                .clock = environment_.clock,
                                .local = subtask.metrics->local_in(),
                                .remote = subtask.metrics->remote_in()};
  if (restored != nullptr) {
    ASSIGN_OR_RETURN(options.restored_watermark_ms,
                     RestoredWatermark(kInputWatermark, *restored));
  }
  return InputFrom(
      InputGate(wiring_.InputsOf(chain, subtask.index), options));
}

std::unique_ptr<SubtaskRejections> SubtaskBuilder::MakeRejections(
    const PlannedChain& chain, int index) {
  return std::make_unique<SubtaskRejections>(SubtaskRejections::Options{
      .plan = &plan_,
      .job_id = environment_.job_id,
      .attempt = environment_.attempt,
      .directory = environment_.dead_letter_directory,
      .has_filesystem = environment_.connectors->Find("filesystem").ok(),
      .make_sink = [this, &chain, index](const TableDescriptor& table,
                                         SubtaskRejections& rejections) {
        return BuildRejectedSink(table, chain, index, rejections);
      }});
}

// A sink that stands in no plan: it is told as a part of the chain's head.
absl::StatusOr<SubtaskRejections::MadeSink> SubtaskBuilder::BuildRejectedSink(
    const TableDescriptor& table, const PlannedChain& chain, int index,
    SubtaskRejections& rejections) {
  Vertex vertex;
  vertex.id = chain.vertices.front();
  vertex.uid = SubtaskRejections::SinkUid(plan_.vertex(vertex.id).uid, table);
  vertex.name = absl::StrCat("Rejected(", table.name, ")");
  vertex.spec = SinkSpec{.table = table};
  vertex.parallelism = chain.parallelism;
  std::shared_ptr<MetricGroup> metrics =
      metrics_.AddOperator(chain, index, vertex);
  OperatorContext context = operators_.ContextOf(vertex, index, metrics.get());
  // Apart from the subtasks of every other chain that writes the table; still
  // of this one's slot.
  const int slots = environment_.placement.slots();
  const auto place = static_cast<int>(&chain - chains_.data()) + 1;
  const int stride = (plan_.max_parallelism + slots - 1) / slots * slots;
  context.subtask += place * stride;
  context.parallelism += place * stride;
  auto sink = operators_.BuildSink(
      vertex, context, OperatorBuilder::SinkInput::kLetters, rejections);
  if (!sink.ok()) return Annotate(sink.status(), vertex.name);
  rejected_sinks_.push_back(vertex);
  return SubtaskRejections::MadeSink{*std::move(sink), std::move(metrics)};
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
