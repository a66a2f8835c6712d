#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "jobmanager/cluster/job_gateway.h"

namespace millrace {

// Bodies of requests, read strictly: JOB-0110 (kInvalidArgument) names a field
// that is unknown, with the nearest there is, or of another type. An empty body
// is an object without fields.

// POST /jobs/:jobid/savepoints
//   {"target-directory","cancel-job","formatType","triggerId"}
// POST /jobs/:jobid/stop
//   {"targetDirectory","drain","formatType","triggerId"}
// "drain" may be a text, as Flink's own clients send it. `formatType` is
// CANONICAL or NATIVE and makes no difference.
struct SavepointBody {
  std::string target;
  std::string trigger;  // Empty: none was given.
  bool cancel = false;
  bool drain = false;
};
absl::StatusOr<SavepointBody> ReadSavepointBody(absl::string_view body);
absl::StatusOr<SavepointBody> ReadStopBody(absl::string_view body);

// POST /jobs/:jobid/checkpoints {"checkpointType","triggerId"}: the trigger.
// The type is CONFIGURED, FULL or INCREMENTAL and makes no difference.
absl::StatusOr<std::string> ReadCheckpointBody(absl::string_view body);

// POST /millrace/v1/jobs
//   {"plan":{...},"jobId","savepoint","claimSavepoint",
//    "allowNonRestoredState"}; all but the plan may be left out.
// Errors of the plan are those of JobPlanFromJson.
absl::StatusOr<JobGateway::Submission> ReadSubmission(absl::string_view body);

}  // namespace millrace
