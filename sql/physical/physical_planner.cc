#include "sql/physical/physical_planner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/call_resolver.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/parser/sql_error.h"
#include "sql/physical/changelog.h"
#include "sql/physical/metadata_types.h"
#include "sql/physical/operator_planner.h"
#include "sql/physical/rejection_target.h"
#include "sql/physical/table_use.h"
#include "sql/rules/fuse_windows.h"
#include "sql/rules/prune_columns.h"
#include "sql/rules/simplify.h"
#include "sql/rules/watermarks.h"

namespace millrace::sql {
namespace {

bool NeedsEventTime(const TableDescriptor& sink) {
  const auto trigger = sink.options.find("sink.partition-commit.trigger");
  return trigger != sink.options.end() && trigger->second == "partition-time";
}

LogicalPtr Optimize(BoundInsert& insert, const FunctionRegistry& functions) {
  LogicalPtr query = DropUnusedWatermarks(std::move(insert.query),
                                          NeedsEventTime(insert.sink));
  query = Simplify(std::move(query), functions);
  query = FuseWindows(std::move(query));
  query = Simplify(std::move(query), functions);
  query = PruneColumns(std::move(query));
  return Simplify(std::move(query), functions);
}

bool SameColumns(std::vector<int> a, std::vector<int> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

absl::Status CannotTakeUpdates(const BoundInsert& insert) {
  const auto connector = insert.sink.options.find("connector");
  return SqlError(
      {.code = "SQL-0300",
       .location = insert.location,
       .what = absl::StrCat("table `", insert.sink.name,
                            "` cannot take this query's updates"),
       .why = absl::StrCat("rows of the query change after they were written, "
                           "and connector '",
                           connector == insert.sink.options.end()
                               ? ""
                               : connector->second,
                           "' only appends"),
       .fix = "Write into a sink that takes updates, or group by a window: "
              "its rows are final."});
}

// Whether the sink wants the old rows of updates as well.
absl::StatusOr<bool> NeedsUpdateBefore(const BoundInsert& insert,
                                       const LogicalNode& query,
                                       const Connector::Capabilities& can,
                                       const BindContext& context) {
  ASSIGN_OR_RETURN(const bool updating, IsUpdating(query, context));
  if (!updating) return false;
  if (can.sink_mode == ChangelogMode::kAppend) {
    return CannotTakeUpdates(insert);
  }
  if (can.sink_mode == ChangelogMode::kRetract) return true;
  const auto primary = PrimaryKeyOf(insert.sink);
  const auto key = UpsertKeyOf(query);
  if (!primary || (key && SameColumns(*key, *primary))) return false;
  return NotBuiltYet(
      insert.location,
      absl::StrCat("writing by primary key (",
                   absl::StrJoin(insert.sink.primary_key, ", "),
                   ") what the query updates by another key"),
      "Make the primary key the columns of GROUP BY.");
}

absl::StatusOr<int> SinkParallelism(const BoundInsert& insert,
                                    int of_input) {
  const auto option = insert.sink.options.find("sink.parallelism");
  if (option == insert.sink.options.end()) return of_input;
  int parallelism = 0;
  if (!absl::SimpleAtoi(option->second, &parallelism) || parallelism < 1) {
    return SqlError({.code = "SQL-0202",
                     .location = insert.location,
                     .what = absl::StrCat("'sink.parallelism' is '",
                                          option->second, "'"),
                     .why = "it must be a positive number",
                     .fix = {}});
  }
  return parallelism;
}

// What the table.exec.sink.*-enforcer keys say.
absl::Status SetEnforcers(const BoundInsert& insert,
                          const SessionConfig& config, SinkSpec& spec) {
  spec.drop_null_violations =
      config.Get("table.exec.sink.not-null-enforcer") == "DROP";
  const std::string length = config.Get("table.exec.sink.type-length-enforcer");
  const std::string nested =
      config.Get("table.exec.sink.nested-constraint-enforcer");
  if (length == "TRIM_PAD") spec.length_enforcer = LengthEnforcer::kTrimPad;
  if (length == "ERROR") spec.length_enforcer = LengthEnforcer::kError;
  if (nested == "ROWS") spec.nested_enforcer = NestedEnforcer::kRows;
  if (nested != "ROWS_AND_COLLECTIONS") return absl::OkStatus();
  spec.nested_enforcer = NestedEnforcer::kRowsAndCollections;
  if (spec.length_enforcer != LengthEnforcer::kTrimPad) {
    return absl::OkStatus();
  }
  return SqlError(
      {.code = "CFG-0003",
       .location = insert.location,
       .what = "'table.exec.sink.type-length-enforcer' = 'TRIM_PAD' does not "
               "go with 'table.exec.sink.nested-constraint-enforcer' = "
               "'ROWS_AND_COLLECTIONS'",
       .why = "what lies in collections is checked, not cut or filled",
       .fix = "Take 'ROWS', or 'ERROR' for the lengths."});
}

absl::Status PlanInsert(BoundInsert insert, const BindContext& context,
                        PlanBuilder& builder) {
  RETURN_IF_ERROR(AdaptMetadataTypes(insert, context));
  auto can = CapabilitiesOfSink(insert.sink, *context.connectors);
  if (!can.ok()) return AtLocation(can.status(), insert.location);
  const LogicalPtr query = Optimize(insert, *context.functions);
  auto before = NeedsUpdateBefore(insert, *query, *can, context);
  if (!before.ok()) return AtLocation(before.status(), insert.location);
  builder.BeginSink(insert.sink.name);
  OperatorPlanner planner(context, builder);
  auto stream = planner.Plan(*query, *before);
  if (!stream.ok()) return AtLocation(stream.status(), insert.location);

  SinkSpec spec;
  spec.table = insert.sink;
  FillErrorMode(*context.config, spec.table);
  auto rejected_into = TargetOfOutput(spec.table, context);
  if (!rejected_into.ok()) {
    return AtLocation(rejected_into.status(), insert.location);
  }
  spec.rejected_into = *std::move(rejected_into);
  spec.input_mode = stream->mode;
  spec.update_before_deletes = stream->mode == ChangelogMode::kRetract &&
                               can->sink_mode == ChangelogMode::kUpsert;
  RETURN_IF_ERROR(SetEnforcers(insert, *context.config, spec));
  const auto primary = PrimaryKeyOf(insert.sink);
  const std::vector<int> key =
      primary ? *primary : stream->key.value_or(std::vector<int>());
  spec.upsert_key.assign(key.begin(), key.end());
  ASSIGN_OR_RETURN(const int parallelism,
                   SinkParallelism(insert, builder.ParallelismOf(*stream)));
  VertexRequest request{.spec = std::move(spec),
                        .name = absl::StrCat("Sink(", insert.sink.name, ")"),
                        .parallelism = parallelism};
  builder.AddSink(std::move(request), insert.sink.name, *stream);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JobPlan> PlanInserts(std::vector<BoundInsert> inserts,
                                    const BindContext& context) {
  JobPlan plan;
  plan.config = context.config->values();
  ASSIGN_OR_RETURN(const TimeZone zone, context.config->LocalTimeZone());
  plan.time_zone = zone.id();
  plan.max_parallelism = static_cast<int>(
      context.config->Int("pipeline.max-parallelism"));
  if (plan.max_parallelism <= 0) plan.max_parallelism = 128;
  auto rejected_into = TargetOfRows(context);
  if (!rejected_into.ok()) {
    return AtLocation(rejected_into.status(), inserts.front().location);
  }
  plan.rejected_into = *std::move(rejected_into);
  std::vector<std::string> sinks;
  PlanBuilder builder(plan);
  for (BoundInsert& insert : inserts) {
    sinks.push_back(insert.sink.name);
    RETURN_IF_ERROR(PlanInsert(std::move(insert), context, builder));
  }
  plan.name = context.config->Get("pipeline.name");
  if (plan.name.empty()) {
    plan.name = absl::StrCat("insert-into_", absl::StrJoin(sinks, ","));
  }
  RETURN_IF_ERROR(ValidateJobPlan(plan));
  return plan;
}

}  // namespace millrace::sql
