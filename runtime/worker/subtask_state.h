#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/operator.h"
#include "runtime/plan/job_plan.h"
#include "runtime/worker/checkpoint_participant.h"
#include "state/operator_backend.h"

namespace millrace {

// Makes what lies below an operator's state, as NewMemoryBackend does; `wake`
// wakes the worker of its subtask, from any thread.
using BackendMaker = std::function<std::unique_ptr<OperatorBackend>(
    const BackendPlace& place, ObjectStore* store,
    std::function<void()> wake)>;

// The state of one subtask while it is built: makes a backend for each operator
// and restores the operators from a checkpoint, where there is one.
class SubtaskState {
 public:
  struct Options {
    BackendMaker make_backend;     // Empty: NewMemoryBackend.
    ObjectStore* store = nullptr;  // Null: snapshots are taken and forgotten.
    const Manifest* restore = nullptr;  // Null: everything begins empty.
    std::string job_id;
    int64_t attempt = 0;
    int max_parallelism = 128;
    std::function<void()> wake;  // Of the subtask's worker.
    // Without an `acknowledge` there are no checkpoints at all.
    CheckpointParticipant::Options participant;
  };
  explicit SubtaskState(Options options);

  // One operator's share; no backend where there are no checkpoints.
  struct Share {
    OperatorBackend* backend = nullptr;
    BackendPlace place;
  };
  // In the order of the chain; `vertex` may stand in no plan.
  Share Add(const Vertex& vertex);

  // What the checkpoint has for it; null where nothing is restored. Once, when
  // its operator is made. Reads from the store.
  absl::StatusOr<std::unique_ptr<SnapshotReader>> Open(
      const Share& share) const;
  // Restores `op` from `reader`, which may be null.
  static absl::Status Restore(SnapshotReader* reader, Operator& op);

  // Null where there are no checkpoints. Once, when every operator is made.
  std::unique_ptr<CheckpointParticipant> TakeParticipant() {
    return std::move(participant_);
  }

 private:
  std::unique_ptr<OperatorBackend> MakeBackend(const BackendPlace& place) const;

  const Options options_;
  std::unique_ptr<CheckpointParticipant> participant_;
};

}  // namespace millrace
