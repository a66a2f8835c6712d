#pragma once

#include "absl/status/statusor.h"
#include "runtime/plan/job_plan.h"
#include "state/storage/manifest.h"
#include "state/storage/restore_report.h"

namespace millrace {

// Whether `plan` can go on from `manifest`, and what becomes of its state.
// Parallelism may differ. kFailedPrecondition with a code: a state means
// something else now (JOB-0060), keys are grouped in another way (JOB-0061), or
// a savepoint has state that the plan has no place for, and it is not said that
// such is to be dropped (JOB-0062).
absl::StatusOr<RestoreReport> CheckRestore(const Manifest& manifest,
                                           const JobPlan& plan);

// The plan's configuration says that it is.
inline constexpr char kIgnoreUnclaimedState[] =
    "execution.state-recovery.ignore-unclaimed-state";

}  // namespace millrace
