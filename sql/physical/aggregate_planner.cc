#include "sql/physical/aggregate_planner.h"

#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/plan/aggregate_partials.h"
#include "runtime/plan/upsert_calls.h"
#include "sql/physical/operator_names.h"

namespace millrace::sql {
namespace {

std::string NameOf(const GroupAggregateSpec& spec, const Schema& input) {
  return AggregateName(spec, input);
}
std::string NameOf(const WindowAggregateSpec& spec, const Schema& input) {
  return WindowAggregateName(spec, input);
}

// What the local phase puts out behind keys and partials: a window's slice.
void AppendSlice(const GroupAggregateSpec&, Schema&) {}
void AppendSlice(const WindowAggregateSpec&, Schema& output) {
  output.push_back(
      {.name = "$slice_end", .type = LogicalType::Timestamp(3).NotNull()});
}

void ReadSlice(GroupAggregateSpec&, int) {}
void ReadSlice(WindowAggregateSpec& spec, int column) {
  spec.window.time_column.reset();
  spec.window.start_column.reset();
  spec.window.end_column = column;
}

// Rows that carry their windows have no time to cut slices by.
bool HasTime(const GroupAggregateSpec&) { return true; }
bool HasTime(const WindowAggregateSpec& spec) {
  return !spec.window.end_column.has_value() && spec.window.event_time;
}

bool Retracts(const GroupAggregateSpec& spec) {
  return spec.input_retracts || TakesUpserts(spec.calls);
}
bool Retracts(const WindowAggregateSpec&) { return false; }

}  // namespace

bool AggregatePlanner::IsCut(const std::vector<AggregateCall>& calls,
                             bool global, const Stream& input) const {
  if (calls.empty() || !MayBeCut(calls)) return false;
  if (builder_.ParallelismOf(input) == 1) return false;
  const std::string strategy =
      context_.config->Get("table.optimizer.agg-phase-strategy");
  if (strategy == "ONE_PHASE") return false;
  return global || strategy == "TWO_PHASE";
}

template <typename Spec>
Stream AggregatePlanner::AddLocal(Spec& spec, const Stream& input,
                                  const std::string& role) {
  Spec local = spec;
  local.phase = AggregatePhase::kLocal;
  Stream partial;
  for (int32_t key : spec.keys) partial.schema.push_back(input.schema[key]);
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    AggregateCall& call = spec.calls[i];
    const std::vector<LogicalType> types = PartialTypes(call);
    call.args.clear();
    call.filter.reset();
    for (size_t part = 0; part < types.size(); ++part) {
      call.args.push_back(static_cast<int32_t>(partial.schema.size()));
      partial.schema.push_back({.name = absl::StrCat("$partial", i, "_", part),
                                .type = types[part]});
    }
    call.arg_types = types;
  }
  std::iota(spec.keys.begin(), spec.keys.end(), 0);
  spec.phase = AggregatePhase::kGlobal;
  ReadSlice(spec, static_cast<int>(partial.schema.size()));
  AppendSlice(spec, partial.schema);
  VertexRequest request{.role = "local-" + role,
                        .name = "Local" + NameOf(local, input.schema),
                        .parallelism = builder_.ParallelismOf(input)};
  request.spec = std::move(local);
  return builder_.Add(std::move(request), input, ExchangeKind::kForward, {},
                      std::move(partial));
}

template <typename Spec>
Stream AggregatePlanner::AddPhases(Spec spec, const Stream& input,
                                   Stream output, std::string role) {
  const bool global = spec.keys.empty();
  VertexRequest request{
      .role = role,
      .name = NameOf(spec, input.schema),
      .meaning = Meaning(spec, input.schema),
      .parallelism = global ? 1 : context_.config->Parallelism()};
  Stream from = input;
  const bool cut = HasTime(spec) && !Retracts(spec) &&
                   IsCut(spec.calls, global, input);
  if (cut) from = AddLocal(spec, input, role);
  std::vector<int> keys(spec.keys.begin(), spec.keys.end());
  request.spec = std::move(spec);
  return builder_.Add(
      std::move(request), from,
      global ? ExchangeKind::kGlobal : ExchangeKind::kHash, std::move(keys),
      std::move(output));
}

Stream AggregatePlanner::Add(GroupAggregateSpec spec, const Stream& input,
                             Stream output) {
  return AddPhases(std::move(spec), input, std::move(output),
                   "group-aggregate");
}

Stream AggregatePlanner::Add(WindowAggregateSpec spec, const Stream& input,
                             Stream output) {
  return AddPhases(std::move(spec), input, std::move(output),
                   "window-aggregate");
}

}  // namespace millrace::sql
