#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/metrics.h"
#include "runtime/base/waker.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/exchange/remote_channels.h"
#include "runtime/expr/function_registry.h"
#include "runtime/operators/operator.h"
#include "runtime/plan/job_plan.h"
#include "runtime/worker/placement.h"
#include "runtime/worker/subtask_state.h"
#include "state/storage/acknowledgement.h"
#include "state/storage/manifest.h"

namespace millrace {

// Makes the operator of a vertex that is neither a source nor a sink nor
// literal rows, as MakeOperator does; `inputs` are the rows of its inputs.
using OperatorMaker = std::function<absl::StatusOr<std::unique_ptr<Operator>>(
    const Vertex& vertex, const std::vector<std::vector<RowField>>& inputs,
    const FunctionContext& functions, const OperatorContext& context)>;

// Everything that running operators reach; outlives the fragment.
struct SubtaskEnvironment {
  const ConnectorRegistry* connectors = nullptr;
  const FunctionRegistry* functions = nullptr;
  const Clock* clock = nullptr;
  MemoryBudget* memory = nullptr;
  MetricRegistry* metrics = nullptr;
  Executor* background = nullptr;
  Disk* disk = nullptr;  // Where connectors write files.
  OperatorMaker make_operator;  // Empty: MakeOperator. Tests give their own.
  // Which subtasks are built: those that are here.
  Placement placement;
  // Whom rings and connectors wake: the workers of the slots here.
  std::vector<Waker*> workers;
  // Leads to the subtasks of other processes; null: there are none. Outlives
  // the subtasks.
  RemoteChannels* remote = nullptr;

  std::string job_id;  // 32 hex digits.
  int64_t attempt = 0;
  // Quarantined records of a table go into files part-* in <directory>/<table>,
  // rows of an operator into those in <directory>/<uid>.
  std::string dead_letter_directory;
  MetricLabels metric_labels;  // Of the process: host, tm_id.
  // How often a source measures the way to the sinks; infinite: never.
  absl::Duration latency_interval = absl::InfiniteDuration();

  // Where snapshots go and restores read; null: nothing is kept of them.
  ObjectStore* checkpoints = nullptr;
  Executor* uploads = nullptr;  // Null: `background`.
  BackendMaker make_backend;    // Empty: NewMemoryBackend.
  CheckpointParticipant::Slices snapshot_slices = {};
  // The checkpoint to go on from; null: everything begins empty.
  std::shared_ptr<const Manifest> restore;
  // Called by `uploads`, also when the subtasks are gone. Empty: no snapshots
  // are taken.
  std::function<void(Acknowledgement)> acknowledge;
  // Whether the master takes checkpoints before the input has ended.
  bool takes_periodic_checkpoints = true;
  // Called on workers. Empty: a subtask ends when it is drained, and nobody
  // completes checkpoints.
  std::function<void(SubtaskId)> drained;

  // Called on workers.
  std::function<void(VertexId, int subtask)> request_splits;
  std::function<void(VertexId, int subtask, std::string)> report_line;
};

}  // namespace millrace
