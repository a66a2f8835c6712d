#include "embedded/staged_output.h"

#include <utility>
#include <variant>

namespace millrace {

StagedOutput::StagedOutput(const JobPlan& plan, std::string job_id,
                           const ConnectorRegistry* connectors, Disk* disk)
    : job_id_(std::move(job_id)), connectors_(connectors), disk_(disk) {
  for (const Vertex& vertex : plan.vertices) {
    if (const auto* sink = std::get_if<SinkSpec>(&vertex.spec)) {
      tables_.push_back(sink->table);
      if (sink->rejected_into) tables_.push_back(*sink->rejected_into);
    }
    const auto* source = std::get_if<SourceSpec>(&vertex.spec);
    if (source != nullptr && source->rejected_into) {
      tables_.push_back(*source->rejected_into);
    }
  }
  if (plan.rejected_into) tables_.push_back(*plan.rejected_into);
}

void StagedOutput::Discard() const {
  for (const TableDescriptor& table : tables_) {
    const auto connector = connectors_->FindFor(table);
    if (!connector.ok()) continue;
    (*connector)
        ->Discard(table, {.job_id = job_id_, .disk = disk_})
        .IgnoreError();
  }
}

}  // namespace millrace
