#include "runtime/plan/chain_plan.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

struct Link {
  int from;
  int to;
  ExchangeKind exchange;
};

constexpr ExchangeKind kForward = ExchangeKind::kForward;
constexpr ExchangeKind kHash = ExchangeKind::kHash;

// Chains as "0-1 2".
std::string Chains(const std::vector<int>& parallelisms,
                   const std::vector<Link>& links) {
  JobPlan plan;
  for (const int parallelism : parallelisms) {
    plan.vertices.push_back(
        {.id = VertexId(static_cast<int>(plan.vertices.size())),
         .parallelism = parallelism});
  }
  for (const Link& link : links) {
    plan.edges.push_back({.from = VertexId(link.from), .to = VertexId(link.to),
                          .exchange = link.exchange});
  }
  std::string text;
  for (const PlannedChain& chain : PlanChains(plan)) {
    absl::StrAppend(&text, text.empty() ? "" : " ");
    for (size_t i = 0; i < chain.vertices.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? "" : "-", chain.vertices[i].value());
    }
  }
  return text;
}

TEST(PlanChainsTest, ForwardEdgesAreCalls) {
  EXPECT_EQ(Chains({2, 2, 2}, {{0, 1, kForward}, {1, 2, kForward}}), "0-1-2");
}

TEST(PlanChainsTest, AHashEdgeBetweenManySubtasksIsAnExchange) {
  EXPECT_EQ(Chains({2, 2, 2}, {{0, 1, kHash}, {1, 2, kForward}}), "0 1-2");
}

TEST(PlanChainsTest, AHashEdgeFromOneToOneIsACall) {
  EXPECT_EQ(Chains({1, 1, 1}, {{0, 1, kHash}, {1, 2, kForward}}), "0-1-2");
}

TEST(PlanChainsTest, AnotherParallelismIsAnExchange) {
  EXPECT_EQ(Chains({1, 2}, {{0, 1, ExchangeKind::kRebalance}}), "0 1");
  EXPECT_EQ(Chains({2, 1}, {{0, 1, ExchangeKind::kGlobal}}), "0 1");
}

TEST(PlanChainsTest, AFanOutEndsAChain) {
  EXPECT_EQ(Chains({1, 1, 1}, {{0, 1, kForward}, {0, 2, kForward}}), "0 1 2");
}

TEST(PlanChainsTest, AFanInBeginsOne) {
  EXPECT_EQ(Chains({1, 1, 1, 1},
                   {{0, 2, kForward}, {1, 2, kForward}, {2, 3, kForward}}),
            "0 1 2-3");
}

}  // namespace
}  // namespace millrace
