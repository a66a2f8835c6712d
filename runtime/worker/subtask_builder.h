#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/mailbox.h"
#include "runtime/plan/job_plan.h"
#include "runtime/worker/subtask_command.h"
#include "runtime/worker/subtask_environment.h"
#include "runtime/worker/subtask_rejections.h"
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

// Turns the plan into the tasklets of the subtasks that are here, and the rings
// between them, with their state of `restore`. Reads from the object store.
// All processes of an attempt decide alike whether the plan can take that
// state; `restored` says it of the whole job. Errors are
// the author's (a bad option, an unknown function, state that the plan cannot
// take), or the outside's (an output that cannot be opened, a state file that
// is gone), with the vertex's name.
absl::StatusOr<std::unique_ptr<JobFragment>> BuildSubtasks(
    const JobPlan& plan, const SubtaskEnvironment& environment);

}  // namespace millrace
