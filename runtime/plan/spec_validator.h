#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// One vertex to be checked against the rows that reach it.
struct SpecToValidate {
  const Vertex* vertex = nullptr;
  const std::vector<RowField>* input = nullptr;  // Null: no edge leads here.
  std::string where;                             // "vertices[3]"
};

// Whether the spec's columns exist, its expressions have the types they claim
// of columns, and its output is what it says. JOB-0010 with the field's path.
absl::Status ValidateSpec(const SpecToValidate& check);

}  // namespace millrace
