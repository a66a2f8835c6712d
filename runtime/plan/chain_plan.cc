#include "runtime/plan/chain_plan.h"

#include <variant>

namespace millrace {
namespace {

const Edge* OnlyEdge(const std::vector<const Edge*>& edges) {
  return edges.size() == 1 ? edges[0] : nullptr;
}

}  // namespace

std::vector<PlannedChain> PlanChains(const JobPlan& plan) {
  std::vector<std::vector<const Edge*>> in(plan.vertices.size());
  std::vector<std::vector<const Edge*>> out(plan.vertices.size());
  for (const Edge& edge : plan.edges) {
    out[edge.from.value()].push_back(&edge);
    in[edge.to.value()].push_back(&edge);
  }
  std::vector<PlannedChain> chains;
  std::vector<int> chain_of(plan.vertices.size());
  for (const Vertex& vertex : plan.vertices) {
    const int id = vertex.id.value();
    const Edge* edge = OnlyEdge(in[id]);
    const bool joins =
        edge != nullptr && OnlyEdge(out[edge->from.value()]) == edge &&
        plan.vertex(edge->from).parallelism == vertex.parallelism &&
        (edge->exchange == ExchangeKind::kForward || vertex.parallelism == 1);
    if (joins) {
      chain_of[id] = chain_of[edge->from.value()];
      chains[chain_of[id]].vertices.push_back(vertex.id);
    } else {
      chain_of[id] = static_cast<int>(chains.size());
      chains.push_back({{vertex.id}, vertex.parallelism});
    }
  }
  return chains;
}

bool IsKeyed(const Vertex& vertex) {
  return std::holds_alternative<WindowAggregateSpec>(vertex.spec) ||
         std::holds_alternative<GroupAggregateSpec>(vertex.spec);
}

}  // namespace millrace
