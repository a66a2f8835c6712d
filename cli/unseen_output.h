#pragma once

#include <string>

#include "runtime/connector/connector_registry.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// A warning for people whose job never ends and takes no checkpoints, where it
// writes to tables that show rows only when a checkpoint has completed; empty
// for any other job.
std::string WarningOfUnseenOutput(const JobPlan& plan,
                                  const ConnectorRegistry& connectors,
                                  bool takes_checkpoints);

}  // namespace millrace
