#include "jobmanager/rest/job_shape.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/base/hash.h"

namespace millrace {
namespace {

constexpr int64_t kNanosPerMilli = 1000000;

// The state of a subtask that the view does not have.
absl::string_view StateWithout(JobState job) {
  switch (job) {
    case JobState::kFinished: return "FINISHED";
    case JobState::kCanceled: return "CANCELED";
    case JobState::kFailed: return "FAILED";
    default: return "CREATED";
  }
}

int PlaceOf(absl::string_view state) {
  const auto found =
      std::find(std::begin(kTaskStates), std::end(kTaskStates), state);
  return found == std::end(kTaskStates)
             ? 0
             : static_cast<int>(found - std::begin(kTaskStates));
}

ShownChain Shown(const JobPlan& plan, PlannedChain planned) {
  ShownChain chain;
  chain.id = HexId(plan.vertex(planned.vertices.front()).uid);
  for (const VertexId id : planned.vertices) {
    const Vertex& vertex = plan.vertex(id);
    absl::StrAppend(&chain.name, chain.name.empty() ? "" : " -> ",
                    ShownName(vertex));
    chain.is_source |= std::holds_alternative<SourceSpec>(vertex.spec);
    chain.is_sink |= std::holds_alternative<SinkSpec>(vertex.spec);
  }
  chain.subtasks.resize(planned.parallelism);
  chain.plan = std::move(planned);
  return chain;
}

}  // namespace

FlowCounts FlowCounts::Of(const SubtaskReport& report) {
  FlowCounts counts = {
      .busy_ms = report.busy_nanos / kNanosPerMilli,
      .idle_ms = report.idle_nanos / kNanosPerMilli,
      .back_pressured_ms = report.back_pressured_nanos / kNanosPerMilli};
  if (report.operators.empty()) return counts;
  counts.rows_in = report.operators.front().rows_in;
  counts.bytes_in = report.operators.front().bytes_in;
  counts.rows_out = report.operators.back().rows_out;
  counts.bytes_out = report.operators.back().bytes_out;
  return counts;
}

void FlowCounts::Add(const FlowCounts& other) {
  rows_in += other.rows_in;
  rows_out += other.rows_out;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  busy_ms += other.busy_ms;
  idle_ms += other.idle_ms;
  back_pressured_ms += other.back_pressured_ms;
}

JobShape::JobShape(const JobView& job) : job_(job) {
  const JobPlan& plan = PlanOf(job);
  std::vector<int> chain_of(plan.vertices.size());
  for (PlannedChain& planned : PlanChains(plan)) {
    for (const VertexId id : planned.vertices) {
      chain_of[id.value()] = static_cast<int>(chains_.size());
    }
    chains_.push_back(Shown(plan, std::move(planned)));
  }
  for (const Edge& edge : plan.edges) {
    const int from = chain_of[edge.from.value()];
    const int to = chain_of[edge.to.value()];
    if (from == to) continue;
    chains_[to].inputs.push_back({chains_[from].id, edge.exchange});
  }
  for (const SubtaskView& subtask : job.subtasks) {
    const int vertex = subtask.id.vertex.value();
    if (vertex < 0 || vertex >= static_cast<int>(chain_of.size())) continue;
    ShownChain& chain = chains_[chain_of[vertex]];
    if (subtask.id.index < 0 || subtask.id.index >= chain.plan.parallelism) {
      continue;
    }
    chain.subtasks[subtask.id.index] = &subtask;
  }
}

const ShownChain* JobShape::Find(absl::string_view id) const {
  for (const ShownChain& chain : chains_) {
    if (chain.id == id) return &chain;
  }
  return nullptr;
}

absl::string_view JobShape::StateOf(const ShownChain& chain,
                                    int subtask) const {
  const SubtaskView* known = chain.subtasks[subtask];
  return known == nullptr ? StateWithout(job_.state) : known->state;
}

std::vector<int> JobShape::StateCounts(const ShownChain& chain) const {
  std::vector<int> counts(std::size(kTaskStates));
  for (int i = 0; i < chain.plan.parallelism; ++i) {
    ++counts[PlaceOf(StateOf(chain, i))];
  }
  return counts;
}

absl::string_view JobShape::StateOf(const ShownChain& chain) const {
  const std::vector<int> counts = StateCounts(chain);
  // One that is worse off than the others speaks for all of them.
  for (const absl::string_view state :
       {"FAILED", "CANCELING", "CANCELED", "INITIALIZING", "RUNNING"}) {
    if (counts[PlaceOf(state)] > 0) return state;
  }
  const int finished = counts[PlaceOf("FINISHED")];
  if (finished == 0) return "CREATED";
  return finished == chain.plan.parallelism ? "FINISHED" : "RUNNING";
}

int JobShape::SubtaskCount() const {
  int count = 0;
  for (const ShownChain& chain : chains_) count += chain.plan.parallelism;
  return count;
}

std::string ShownName(const Vertex& vertex) {
  if (const auto* source = std::get_if<SourceSpec>(&vertex.spec)) {
    return absl::StrCat("Source: ", source->table.name);
  }
  if (const auto* sink = std::get_if<SinkSpec>(&vertex.spec)) {
    return absl::StrCat("Sink: ", sink->table.name);
  }
  return vertex.name;
}

std::string HexId(absl::string_view name) {
  return absl::StrFormat("%016x%016x", HashBytes(name),
                         HashBytes(absl::StrCat(name, "#")));
}

const JobPlan& PlanOf(const JobView& job) {
  static const JobPlan& none = *new JobPlan;
  return job.plan == nullptr ? none : *job.plan;
}

}  // namespace millrace
