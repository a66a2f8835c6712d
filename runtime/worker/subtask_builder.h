#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/metrics.h"
#include "runtime/base/waker.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/expr/function_registry.h"
#include "runtime/operators/source_operator.h"
#include "runtime/plan/job_plan.h"
#include "runtime/worker/subtask_rejections.h"
#include "runtime/worker/subtask_command.h"
#include "runtime/worker/subtask_state.h"
#include "runtime/worker/tasklet.h"
#include "state/storage/acknowledgement.h"
#include "state/storage/restore_report.h"

namespace millrace {

// One parallel instance of a chain.
struct Subtask {
  std::vector<VertexId> vertices;
  int index = 0;
  int worker = 0;
  std::unique_ptr<SubtaskRejections> rejections;
  // Until it is given to its worker. Destroyed before the fragment.
  std::unique_ptr<Tasklet> tasklet;
  std::shared_ptr<TaskletMetrics> metrics;
  // Of each vertex, in order.
  std::vector<std::shared_ptr<OperatorMetrics>> operators;
  // Commands to it; wakes its worker.
  std::unique_ptr<Mailbox<SubtaskCommand>> inbox;
  bool is_root = false;  // It has no channels: barriers begin here.

  SubtaskId id() const { return {vertices.front(), index}; }
};

// What one process runs of one attempt of a job.
struct JobFragment {
  std::vector<std::unique_ptr<Ring>> rings;
  std::vector<Subtask> subtasks;
  RestoreReport restored;  // Where there was something to restore from.
};

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
  // Whom rings and connectors wake: subtask i lives on worker i modulo these.
  std::vector<Waker*> workers;

  std::string job_id;  // 32 hex digits.
  int64_t attempt = 0;
  // Quarantined records of a table go to "<directory>/<table>-<subtask>.jsonl",
  // rows of an operator to "<directory>/<uid>-<subtask>.jsonl".
  std::string dead_letter_directory;
  MetricLabels metric_labels;  // Of the process: host, tm_id.

  // Where snapshots go and restores read; null: nothing is kept of them.
  ObjectStore* checkpoints = nullptr;
  Executor* uploads = nullptr;  // Null: `background`.
  BackendMaker make_backend;    // Empty: NewMemoryBackend.
  // The checkpoint to go on from; null: everything begins empty.
  std::shared_ptr<const Manifest> restore;
  // Called by `uploads`, also when the subtasks are gone. Empty: no snapshots
  // are taken.
  std::function<void(Acknowledgement)> acknowledge;
  // Called on workers. Empty: a subtask ends when it is drained, and nobody
  // completes checkpoints.
  std::function<void(SubtaskId)> drained;

  // Called on workers.
  std::function<void(VertexId, int subtask)> request_splits;
  std::function<void(VertexId, int subtask, std::string)> report_line;
};

// Turns the plan into tasklets and the rings between them, all in this
// process, with the state of `restore`. Reads from the object store. Errors are
// the author's (a bad option, an unknown function, state that the plan cannot
// take), or the outside's (an output that cannot be opened, a state file that
// is gone), with the vertex's name.
absl::StatusOr<std::unique_ptr<JobFragment>> BuildSubtasks(
    const JobPlan& plan, const SubtaskEnvironment& environment);

}  // namespace millrace
