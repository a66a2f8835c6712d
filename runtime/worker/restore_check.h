#pragma once

#include "absl/status/statusor.h"
#include "runtime/plan/job_plan.h"
#include "state/storage/manifest.h"
#include "state/storage/restore_report.h"

namespace millrace {

// Whether `plan` can go on from `manifest`, and what becomes of its state.
// Parallelism may differ. kFailedPrecondition with a code: a state means
// something else now (JOB-0060), or keys are grouped in another way (JOB-0061).
absl::StatusOr<RestoreReport> CheckRestore(const Manifest& manifest,
                                           const JobPlan& plan);

}  // namespace millrace
