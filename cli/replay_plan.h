#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/session.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// Which table's records are replayed, from where, by a job of which name.
struct ReplayRequest {
  std::string table;
  std::string records;  // A file, a record a line.
  std::string name;
};

// `plan` with its source `table` reading the records in the place of what it
// reads. CLI-0042: it reads another table too, or none of that name, or
// columns that only its connector has.
absl::Status ReadRecordsInstead(const ReplayRequest& request, JobPlan& plan);

// The plan of the script's one job, changed so, as JSON.
absl::StatusOr<std::string> PlanReplay(const JobArguments& arguments,
                                       const ReplayRequest& request);

}  // namespace millrace
