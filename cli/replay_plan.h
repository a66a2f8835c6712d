#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/replay_records.h"
#include "cli/session.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// Which table's records are replayed, from where, by a job of which name.
struct ReplayRequest {
  std::string table;
  std::string records;  // As LetterReplay writes them.
  RecordKind kind = RecordKind::kOfFiles;
  std::string name;
};

// The plan of the script's one job. CLI-0042: it has several or none, or reads
// another table than `table`, or none.
absl::StatusOr<JobPlan> PlanReplay(const JobArguments& arguments,
                                   const std::string& table);

// `plan` with its source reading the records in the place of what it reads.
// CLI-0042: its table is of another kind than they are, or has columns that
// they have not.
absl::Status ReadRecordsInstead(const ReplayRequest& request, JobPlan& plan);

}  // namespace millrace
