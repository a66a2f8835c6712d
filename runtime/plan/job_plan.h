#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "runtime/base/strong_int.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// How rows travel along an edge.
enum class ExchangeKind : uint8_t {
  kForward = 0,    // subtask i to subtask i, or chained; same parallelism
  kHash = 1,       // by the key columns' hash: the subtask of its key group
  kRebalance = 2,  // round robin by batch; never on a changelog
  kBroadcast = 3,  // everything to every subtask
  kGlobal = 4,     // everything to subtask 0
};

// One operator, to run in `parallelism` subtasks.
struct Vertex {
  VertexId id;
  // The name state is found by: "<sink table>/<role>/<ordinal>", a source's
  // and a sink's is its table's; unique in the plan.
  std::string uid;
  // What its state means: two plans with equal uid and fingerprint share it.
  uint64_t fingerprint = 0;
  std::string name;  // For people: "WindowAggregate(...)".
  OperatorSpec spec;
  int parallelism = 1;

  // The output row; none for a sink.
  std::vector<RowField> output;
  ChangelogMode output_mode = ChangelogMode::kAppend;
  std::vector<int32_t> upsert_key;  // Where output_mode is kUpsert.
};

struct Edge {
  VertexId from;
  VertexId to;
  int input = 0;  // Which input of `to`; several edges may share one.
  ExchangeKind exchange = ExchangeKind::kForward;
  std::vector<int32_t> keys;  // kHash: columns of `from`'s output.

  friend bool operator==(const Edge&, const Edge&) = default;
};

// A job as it was asked for: the contract between the SQL front end and the
// cluster, and what recovery runs again without planning again.
//
// Vertices are in topological order: an edge goes from an earlier to a later
// one. ValidateJobPlan says so of a plan read from outside.
struct JobPlan {
  // Of the encoding. A reader refuses a newer one.
  static constexpr int kVersion = 1;

  std::string name;  // pipeline.name, else made from the sinks' names.
  int max_parallelism = 128;
  std::string time_zone = "UTC";  // table.local-time-zone, resolved.
  // Every SET of the script, for the operators' and the job's own options.
  absl::btree_map<std::string, std::string> config;
  // The table for rows on which an expression fails, where the job sets them
  // aside ('error-handling.log.target'); none: files.
  std::optional<TableDescriptor> rejected_into;
  std::vector<Vertex> vertices;
  std::vector<Edge> edges;

  const Vertex& vertex(VertexId id) const { return vertices[id.value()]; }
};

// Whether operators may run it without checking: ids are places in `vertices`,
// edges go forward, columns exist, forward edges join equal parallelism.
// kInvalidArgument (JOB-00xx) names the vertex and the field that is wrong.
absl::Status ValidateJobPlan(const JobPlan& plan);

}  // namespace millrace
