#pragma once

#include <vector>

#include "runtime/plan/job_plan.h"

namespace millrace {

// Vertices that run as one tasklet a subtask, in the order rows pass them.
struct PlannedChain {
  std::vector<VertexId> vertices;
  int parallelism = 1;
};

// Cuts the plan into chains. Two vertices are joined where the first feeds
// nothing else and the second reads nothing else, both have one parallelism,
// and the edge is forward; or where there is one subtask of each, because then
// an exchange would change nothing but cost.
std::vector<PlannedChain> PlanChains(const JobPlan& plan);

// Whether the vertex keeps state by key, so that it gains from large batches.
bool IsKeyed(const Vertex& vertex);

}  // namespace millrace
