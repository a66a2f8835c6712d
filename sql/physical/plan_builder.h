#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/plan/job_plan.h"
#include "sql/logical/column.h"

namespace millrace::sql {

// Rows on their way: the vertices that give them, all with these columns.
struct Stream {
  std::vector<VertexId> from;
  Schema schema;
  ChangelogMode mode = ChangelogMode::kAppend;
  // Where `mode` is not append: what tells rows apart, if anything.
  std::optional<std::vector<int>> key;
};

// A vertex to add.
struct VertexRequest {
  OperatorSpec spec;
  std::string role;  // "window-aggregate": of the uid.
  std::string name;  // For people.
  // What the state means, in words that never change; "" = it has none.
  std::string meaning;
  int parallelism = 1;
};

// Adds vertices and edges to a JobPlan, giving out ids and uids.
class PlanBuilder {
 public:
  explicit PlanBuilder(JobPlan& plan) : plan_(plan) {}

  // Uids of the vertices that follow begin with the sink's name.
  void BeginSink(std::string sink) { sink_ = std::move(sink); }

  // A vertex without inputs whose uid is `table` (or table#2, ...).
  Stream AddSource(VertexRequest request, const std::string& table,
                   Stream output);
  // A vertex that reads `input`; the output is as `output` says.
  Stream Add(VertexRequest request, const Stream& input,
             ExchangeKind exchange, std::vector<int> keys, Stream output);
  void AddSink(VertexRequest request, const std::string& table,
               const Stream& input);

  // The largest parallelism among the vertices that give `stream`.
  int ParallelismOf(const Stream& stream) const;

 private:
  VertexId AddVertex(VertexRequest request, std::string uid,
                     const Stream* output);
  // Forward where the parallelism agrees, else round robin, or by what keeps
  // the changes of a row in order.
  void Connect(const Stream& input, VertexId to, ExchangeKind exchange,
               std::vector<int> keys);
  std::string UniqueUid(std::string uid);

  JobPlan& plan_;
  std::string sink_;
  std::map<std::string, int> ordinals_;
  std::map<std::string, int> tables_;
};

}  // namespace millrace::sql
