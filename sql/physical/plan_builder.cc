#include "sql/physical/plan_builder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/hash.h"

namespace millrace::sql {

std::string PlanBuilder::UniqueUid(std::string uid) {
  const int uses = ++tables_[uid];
  return uses == 1 ? uid : absl::StrCat(uid, "#", uses);
}

VertexId PlanBuilder::AddVertex(VertexRequest request, std::string uid,
                                const Stream* output) {
  Vertex vertex;
  vertex.id = VertexId(static_cast<int32_t>(plan_.vertices.size()));
  vertex.uid = std::move(uid);
  vertex.fingerprint =
      request.meaning.empty() ? 0 : HashBytes(request.meaning);
  vertex.name = std::move(request.name);
  vertex.spec = std::move(request.spec);
  vertex.parallelism = request.parallelism;
  if (output != nullptr) {
    vertex.output = RowFields(output->schema);
    vertex.output_mode = output->mode;
    if (output->mode == ChangelogMode::kUpsert && output->key) {
      vertex.upsert_key.assign(output->key->begin(), output->key->end());
    }
  }
  plan_.vertices.push_back(std::move(vertex));
  return plan_.vertices.back().id;
}

int PlanBuilder::ParallelismOf(const Stream& stream) const {
  int most = 1;
  for (VertexId from : stream.from) {
    most = std::max(most, plan_.vertex(from).parallelism);
  }
  return most;
}

void PlanBuilder::Connect(const Stream& input, VertexId to,
                          ExchangeKind exchange, std::vector<int> keys) {
  for (VertexId from : input.from) {
    Edge edge{.from = from, .to = to, .exchange = exchange};
    const int senders = plan_.vertex(from).parallelism;
    const int receivers = plan_.vertex(to).parallelism;
    std::vector<int> by = keys;
    if (exchange == ExchangeKind::kForward && senders != receivers) {
      edge.exchange = ExchangeKind::kRebalance;
      if (input.mode != ChangelogMode::kAppend) {
        edge.exchange = ExchangeKind::kHash;
        by = input.key.value_or(std::vector<int>());
        if (by.empty()) {
          by.resize(input.schema.size());
          std::iota(by.begin(), by.end(), 0);
        }
      }
    }
    edge.keys.assign(by.begin(), by.end());
    if (edge.exchange != ExchangeKind::kHash) edge.keys.clear();
    plan_.edges.push_back(std::move(edge));
  }
}

Stream PlanBuilder::AddSource(VertexRequest request, const std::string& table,
                              Stream output) {
  output.from = {AddVertex(std::move(request), UniqueUid(table), &output)};
  return output;
}

Stream PlanBuilder::Add(VertexRequest request, const Stream& input,
                        ExchangeKind exchange, std::vector<int> keys,
                        Stream output) {
  std::string base = absl::StrCat(sink_, "/", request.role, "/");
  const int ordinal = ordinals_[base]++;
  const VertexId id = AddVertex(std::move(request),
                                absl::StrCat(base, ordinal), &output);
  Connect(input, id, exchange, std::move(keys));
  output.from = {id};
  return output;
}

void PlanBuilder::AddSink(VertexRequest request, const std::string& table,
                          const Stream& input) {
  const VertexId id =
      AddVertex(std::move(request), UniqueUid(table), nullptr);
  Connect(input, id, ExchangeKind::kForward, {});
}

}  // namespace millrace::sql
