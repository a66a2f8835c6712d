#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "jobmanager/cluster/cluster_view.h"
#include "runtime/plan/chain_plan.h"

namespace millrace {

// A job as Flink's pages show it: what they call a vertex is a chain of ours.

// Flink's states of a task, in the order they are listed.
constexpr absl::string_view kTaskStates[] = {
    "CREATED",  "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING",
    "FINISHED", "CANCELING", "CANCELED",  "FAILED",       "RECONCILING"};

// What went into and came out of a subtask or a chain.
struct FlowCounts {
  int64_t rows_in = 0;
  int64_t rows_out = 0;
  int64_t bytes_in = 0;
  int64_t bytes_out = 0;
  int64_t busy_ms = 0;
  int64_t idle_ms = 0;
  int64_t back_pressured_ms = 0;

  static FlowCounts Of(const SubtaskReport& report);
  void Add(const FlowCounts& other);
};

struct ShownChain {
  std::string id;    // 32 hex digits: a hash of the first vertex's uid.
  std::string name;  // "Source: bids -> Calc -> Sink: out".
  PlannedChain plan;
  bool is_source = false;
  bool is_sink = false;
  // One a subtask, by index; null: of this attempt nothing is known yet.
  std::vector<const SubtaskView*> subtasks;

  struct Input {
    std::string from;  // The other chain's id.
    ExchangeKind exchange;
  };
  std::vector<Input> inputs;
};

// References the view it is made of.
class JobShape {
 public:
  explicit JobShape(const JobView& job);

  const std::vector<ShownChain>& chains() const { return chains_; }
  // Null: there is no such chain.
  const ShownChain* Find(absl::string_view id) const;

  // A subtask that nothing is known of stands as its job does.
  absl::string_view StateOf(const ShownChain& chain, int subtask) const;
  // How many subtasks are in each of kTaskStates.
  std::vector<int> StateCounts(const ShownChain& chain) const;
  // What Flink says of all of them together.
  absl::string_view StateOf(const ShownChain& chain) const;

  int SubtaskCount() const;

 private:
  const JobView& job_;
  std::vector<ShownChain> chains_;
};

// What a vertex is called on a page: "Source: bids", "Sink: out", or its name.
std::string ShownName(const Vertex& vertex);
// 32 hex digits for a name, the same on every machine.
std::string HexId(absl::string_view name);
// The plan, or an empty one where the view has none.
const JobPlan& PlanOf(const JobView& job);

}  // namespace millrace
