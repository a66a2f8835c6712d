#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// A JobPlan as JSON text: `millrace compile` writes it, `millrace run` and the
// REST door read it. Stable and versioned; unknown fields are refused by name.
std::string ToJson(const JobPlan& plan);

// Reads and validates. Errors (JOB-00xx, kInvalidArgument) name the path of
// the offending field ("vertices[3].spec.keys[0]"), for plans edited by hand.
absl::StatusOr<JobPlan> JobPlanFromJson(absl::string_view json);

}  // namespace millrace
