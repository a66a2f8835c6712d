#pragma once

#include "absl/status/statusor.h"
#include "runtime/plan/job_plan.h"
#include "sql/binder/bind_context.h"
#include "sql/logical/bound_insert.h"

namespace millrace::sql {

// Makes the JobPlan of inserts that run together: rewrites each query, infers
// its changes, chooses operators, exchanges and parallelism. Errors about a
// table's options and about changes that a sink cannot take (SQL-0300) stand
// at the insert.
absl::StatusOr<JobPlan> PlanInserts(std::vector<BoundInsert> inserts,
                                    const BindContext& context);

}  // namespace millrace::sql
