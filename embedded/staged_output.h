#pragma once

#include <string>
#include <vector>

#include "runtime/base/disk.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// What the sinks of a job keep back until its checkpoints complete: of one that
// keeps none nobody else takes it away. A value; its parts outlive it.
class StagedOutput {
 public:
  StagedOutput(const JobPlan& plan, std::string job_id,
               const ConnectorRegistry* connectors, Disk* disk);

  // Nothing of the job may run any more. What cannot be removed stays: it is
  // hidden from readers. Blocks.
  void Discard() const;

 private:
  std::vector<TableDescriptor> tables_;
  std::string job_id_;
  const ConnectorRegistry* connectors_;
  Disk* disk_;
};

}  // namespace millrace
