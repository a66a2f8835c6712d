#include "sql/physical/operator_planner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/upsert_calls.h"
#include "sql/binder/call_resolver.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/physical/aggregate_planner.h"
#include "sql/physical/changelog.h"
#include "sql/physical/operator_names.h"
#include "sql/physical/rejection_target.h"
#include "sql/physical/source_plan.h"
#include "sql/physical/table_use.h"
#include "sql/rules/operand_order.h"

namespace millrace::sql {
namespace {

// Where the key columns lie after a projection; nullopt: one is gone.
std::optional<std::vector<int>> Projected(
    const std::optional<std::vector<int>>& key,
    const std::vector<Expr>& exprs) {
  if (!key) return std::nullopt;
  std::vector<int> places;
  for (int column : *key) {
    size_t i = 0;
    while (i < exprs.size() && !(exprs[i].kind == Expr::Kind::kColumn &&
                                 exprs[i].column == column)) {
      ++i;
    }
    if (i == exprs.size()) return std::nullopt;
    places.push_back(static_cast<int>(i));
  }
  return places;
}

}  // namespace

int OperatorPlanner::Parallelism() const {
  return context_.config->Parallelism();
}

absl::StatusOr<Stream> OperatorPlanner::Plan(const LogicalNode& node,
                                             bool update_before) {
  if (IsSourceChain(node)) {
    auto source = PlanSourceChain(node, update_before);
    if (source.ok()) return source;
    return AtLocation(source.status(), ScanOf(node).location);
  }
  switch (node.kind()) {
    case LogicalKind::kValues: return PlanValues(node);
    case LogicalKind::kProject:
    case LogicalKind::kFilter: return PlanCalc(node, update_before);
    case LogicalKind::kWindow: return PlanWindow(node);
    case LogicalKind::kAggregate: return PlanAggregate(node, update_before);
    case LogicalKind::kWindowAggregate: return PlanWindowAggregate(node);
    case LogicalKind::kUnion: return PlanUnion(node);
    case LogicalKind::kScan:
    case LogicalKind::kWatermark: break;
  }
  return absl::InternalError("a node that no operator runs");
}

absl::StatusOr<Stream> OperatorPlanner::PlanSourceChain(
    const LogicalNode& node, bool update_before) {
  ASSIGN_OR_RETURN(
      const Connector::Capabilities can,
      CapabilitiesOfSource(DescriptorOf(*ScanOf(node).table),
                           *context_.connectors));
  if (can.source_mode == ChangelogMode::kUpsert) {
    return PlanUpserts(node, update_before);
  }
  Stream output{.schema = node.output, .mode = can.source_mode};
  if (output.mode != ChangelogMode::kAppend) output.key = UpsertKeyOf(node);
  return AddSource(PlanSource(node, context_), std::move(output));
}

// As in Flink: by the key, the last row of each kept, whatever reads it.
absl::StatusOr<Stream> OperatorPlanner::PlanUpserts(const LogicalNode& node,
                                                    bool update_before) {
  UpsertSourcePlan plan = PlanUpsertSource(node, context_);
  update_before |= plan.filter && !ReadsOnly(*plan.filter, plan.key);
  ASSIGN_OR_RETURN(const Stream input,
                   AddSource(std::move(plan.source),
                             {.schema = plan.columns,
                              .mode = ChangelogMode::kUpsert,
                              .key = plan.key}));
  GroupAggregateSpec spec;
  spec.keys.assign(plan.key.begin(), plan.key.end());
  Schema kept = plan.columns;
  std::vector<int32_t> last;
  for (size_t i = plan.key.size(); i < kept.size(); ++i) {
    last.push_back(static_cast<int32_t>(i));
  }
  if (last.empty()) {
    // The key alone: something has to say what the calls are.
    last.push_back(0);
    kept.push_back(kept[0]);
  }
  for (const int32_t column : last) {
    const LogicalType& type = plan.columns[column].type;
    spec.calls.push_back({.function = kLastOfUpserts,
                          .args = {column},
                          .arg_types = {type},
                          .result = type});
  }
  spec.emit_update_before = update_before;
  spec.state_ttl_ms = context_.config->DurationMillis("table.exec.state.ttl");
  Stream changes =
      AggregatePlanner(context_, builder_)
          .Add(std::move(spec), input,
               {.schema = kept,
                .mode = update_before ? ChangelogMode::kRetract
                                      : ChangelogMode::kUpsert,
                .key = plan.key});
  if (!plan.filter && IsIdentity(plan.projection, kept.size())) {
    changes.schema = node.output;
    return changes;
  }
  if (plan.filter) plan.filter = CheapOperandsFirst(*std::move(plan.filter));
  return AddCalc(changes, std::move(plan.filter), std::move(plan.projection),
                 node.output);
}

absl::StatusOr<Stream> OperatorPlanner::AddSource(SourcePlan plan,
                                                  Stream output) {
  const std::string table = plan.spec.table.name;
  ASSIGN_OR_RETURN(plan.spec.rejected_into,
                   TargetOfRecords(plan.spec.table, context_));
  int parallelism = Parallelism();
  const auto option = plan.spec.table.options.find("scan.parallelism");
  if (option != plan.spec.table.options.end() &&
      (!absl::SimpleAtoi(option->second, &parallelism) || parallelism < 1)) {
    return UserError({.code = "SQL-0202",
                      .what = absl::StrCat("'scan.parallelism' is '",
                                           option->second, "'"),
                      .where = {},
                      .why = "it must be a positive number",
                      .fix = {}});
  }
  VertexRequest request{
      .name = absl::StrCat("Source(", table, ")"),
      .meaning = absl::StrCat("source|",
                              plan.spec.table.options.at("connector")),
      .parallelism = parallelism};
  std::vector<Expr> projection = std::move(plan.projection);
  request.spec = std::move(plan.spec);
  Stream stream{.schema = std::move(plan.output), .mode = output.mode};
  if (projection.empty()) stream.key = output.key;
  stream = builder_.AddSource(std::move(request), table, std::move(stream));
  if (!projection.empty()) {
    stream = AddCalc(stream, std::nullopt, std::move(projection),
                     std::move(output.schema));
    stream.key = std::move(output.key);
  }
  return stream;
}

absl::StatusOr<Stream> OperatorPlanner::PlanValues(const LogicalNode& node) {
  VertexRequest request{.spec = ValuesSpec{node.As<ValuesNode>()->rows},
                        .name = "Values",
                        .parallelism = 1};
  return builder_.AddSource(std::move(request), "values",
                            {.schema = node.output});
}

Stream OperatorPlanner::AddCalc(const Stream& input,
                                std::optional<Expr> filter,
                                std::vector<Expr> projection, Schema output) {
  Stream out{.schema = std::move(output),
             .mode = input.mode,
             .key = Projected(input.key, projection)};
  VertexRequest request{
      .spec = CalcSpec{std::move(filter), std::move(projection)},
      .role = "calc",
      .name = "Calc",
      .parallelism = builder_.ParallelismOf(input)};
  return builder_.Add(std::move(request), input, ExchangeKind::kForward, {},
                      std::move(out));
}

absl::StatusOr<Stream> OperatorPlanner::PlanCalc(const LogicalNode& node,
                                                 bool update_before) {
  const LogicalNode* below = &node;
  std::vector<Expr> projection;
  if (const auto* project = below->As<ProjectNode>()) {
    projection = project->exprs;
    below = &below->input();
  }
  std::optional<Expr> filter;
  if (const auto* node_filter = below->As<FilterNode>()) {
    filter = CheapOperandsFirst(node_filter->condition);
    below = &below->input();
    // A filter on what changes must see a row go as well as come.
    update_before |= !ReadsOnly(*filter, UpsertKeyOf(*below));
  }
  ASSIGN_OR_RETURN(const Stream input, Plan(*below, update_before));
  if (projection.empty()) {
    std::vector<LogicalType> types;
    for (const Column& column : input.schema) types.push_back(column.type);
    projection = References(types);
  }
  return AddCalc(input, std::move(filter), std::move(projection),
                 node.output);
}

absl::Status OperatorPlanner::RequireAppend(const Stream& input,
                                            absl::string_view who) {
  if (input.mode == ChangelogMode::kAppend) return absl::OkStatus();
  return UserError({.code = "SQL-0203",
                    .what = absl::StrCat(who, " cannot read rows that change"),
                    .where = {},
                    .why = "its input is updated by an aggregate or a "
                           "changelog below it",
                    .fix = "Aggregate by window first, or leave the window "
                           "out."});
}

absl::StatusOr<Stream> OperatorPlanner::PlanWindow(const LogicalNode& node) {
  ASSIGN_OR_RETURN(const Stream input, Plan(node.input(), true));
  RETURN_IF_ERROR(RequireAppend(input, "a window function"));
  const auto& window = *node.As<WindowNode>();
  WindowAssignSpec spec;
  spec.window = *window.window;
  if (spec.window.event_time) spec.window.time_column = window.time_column;
  spec.properties = {WindowProperty::kStart, WindowProperty::kEnd,
                     WindowProperty::kTime};
  VertexRequest request{
      .role = "window",
      .name = absl::StrCat("Window(", WindowName(spec.window), ")"),
      .parallelism = builder_.ParallelismOf(input)};
  request.spec = std::move(spec);
  return builder_.Add(std::move(request), input, ExchangeKind::kForward, {},
                      {.schema = node.output});
}

absl::StatusOr<Stream> OperatorPlanner::PlanAggregate(
    const LogicalNode& node, bool update_before) {
  const auto& group = *node.As<AggregateNode>();
  ASSIGN_OR_RETURN(const Stream input, Plan(node.input(), true));
  GroupAggregateSpec spec;
  spec.keys.assign(group.keys.begin(), group.keys.end());
  spec.calls = group.calls;
  spec.input_retracts = input.mode != ChangelogMode::kAppend;
  spec.emit_update_before = update_before;
  spec.state_ttl_ms = context_.config->DurationMillis("table.exec.state.ttl");
  Stream output{.schema = node.output};
  if (!spec.calls.empty()) {
    output.mode = update_before ? ChangelogMode::kRetract
                                : ChangelogMode::kUpsert;
  } else if (spec.input_retracts) {
    output.mode = ChangelogMode::kRetract;
  }
  if (output.mode != ChangelogMode::kAppend) output.key = UpsertKeyOf(node);
  return AggregatePlanner(context_, builder_)
      .Add(std::move(spec), input, std::move(output));
}

absl::StatusOr<Stream> OperatorPlanner::PlanWindowAggregate(
    const LogicalNode& node) {
  const auto& group = *node.As<WindowAggregateNode>();
  ASSIGN_OR_RETURN(const Stream input, Plan(node.input(), true));
  RETURN_IF_ERROR(RequireAppend(input, "a window aggregate"));
  WindowAggregateSpec spec;
  spec.window = group.window;
  spec.keys.assign(group.keys.begin(), group.keys.end());
  spec.calls = group.calls;
  spec.properties = group.properties;
  return AggregatePlanner(context_, builder_)
      .Add(std::move(spec), input, {.schema = node.output});
}

absl::StatusOr<Stream> OperatorPlanner::PlanUnion(const LogicalNode& node) {
  Stream all{.schema = node.output};
  for (const LogicalPtr& input : node.inputs) {
    ASSIGN_OR_RETURN(const Stream one, Plan(*input, true));
    all.from.insert(all.from.end(), one.from.begin(), one.from.end());
    all.mode = std::max(all.mode, one.mode);
  }
  return all;
}

}  // namespace millrace::sql
