#pragma once

#include <string>
#include <vector>

#include "runtime/plan/job_plan.h"

namespace millrace {

// The plan as a tree for people, sinks on top, one line a vertex: what it
// does, in which changelog mode its rows leave it, at which parallelism, and
// how they got there. A vertex read by several is printed once and referred to
// after that.
std::string PlanText(const JobPlan& plan);

// What the columns that a source decodes are called: "event_type",
// "bid.price".
std::vector<std::string> RequestNames(const SourceSpec& spec);

}  // namespace millrace
