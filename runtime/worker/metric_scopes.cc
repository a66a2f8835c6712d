#include "runtime/worker/metric_scopes.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "runtime/base/hash.h"

namespace millrace {
namespace {

// Flink's ids are 32 hex digits; ours are made from names.
std::string HexId(absl::string_view name) {
  return absl::StrFormat("%016x%016x", HashBytes(name),
                         HashBytes(absl::StrCat(name, "#")));
}

}  // namespace

MetricLabels MetricScopes::LabelsOfJob() const {
  MetricLabels labels = environment_.metric_labels;
  labels.emplace_back("job_id", environment_.job_id);
  labels.emplace_back("job_name", plan_.name);
  return labels;
}

MetricLabels MetricScopes::LabelsOf(const PlannedChain& chain,
                                    int index) const {
  const std::string name = absl::StrJoin(
      chain.vertices, " -> ", [this](std::string* out, VertexId id) {
        absl::StrAppend(out, plan_.vertex(id).name);
      });
  MetricLabels labels = LabelsOfJob();
  const std::string task_id =
      HexId(plan_.vertex(chain.vertices.front()).uid);
  labels.emplace_back("task_id", task_id);
  labels.emplace_back("task_name", name);
  labels.emplace_back("task_attempt_id",
                      HexId(absl::StrCat(environment_.job_id, task_id, index,
                                         "/", environment_.attempt)));
  labels.emplace_back("task_attempt_num", absl::StrCat(environment_.attempt));
  labels.emplace_back("subtask_index", absl::StrCat(index));
  return labels;
}

std::shared_ptr<MetricGroup> MetricScopes::AddTask(const PlannedChain& chain,
                                                   int index) const {
  return environment_.metrics->AddGroup("flink_taskmanager_job_task",
                                        LabelsOf(chain, index));
}

std::shared_ptr<MetricGroup> MetricScopes::AddOperator(
    const PlannedChain& chain, int index, const Vertex& vertex) const {
  MetricLabels labels = LabelsOf(chain, index);
  labels.emplace_back("operator_id", HexId(vertex.uid));
  labels.emplace_back("operator_name", vertex.name);
  return environment_.metrics->AddGroup("flink_taskmanager_job_task_operator",
                                        std::move(labels));
}

std::shared_ptr<MetricGroup> MetricScopes::AddSinkLatency(
    const Vertex& source, const Vertex& sink, int subtask) const {
  MetricLabels labels = LabelsOfJob();
  labels.emplace_back("source_id", HexId(source.uid));
  labels.emplace_back("source_name", source.name);
  labels.emplace_back("operator_id", HexId(sink.uid));
  labels.emplace_back("operator_name", sink.name);
  labels.emplace_back("subtask_index", absl::StrCat(subtask));
  return environment_.metrics->AddGroup("millrace_sink", std::move(labels));
}

std::shared_ptr<MetricGroup> MetricScopes::AddFlinkLatency(
    const Vertex& source, const Vertex& sink, int subtask) const {
  MetricLabels labels = LabelsOfJob();
  labels.emplace_back("source_id", HexId(source.uid));
  labels.emplace_back("operator_id", HexId(sink.uid));
  labels.emplace_back("operator_subtask_index", absl::StrCat(subtask));
  return environment_.metrics->AddGroup(
      "flink_taskmanager_job_latency_source_id_operator_id_"
      "operator_subtask_index",
      std::move(labels));
}

}  // namespace millrace
