#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/strong_int.h"
#include "state/storage/manifest.h"

namespace millrace {

// One subtask of one attempt: the chain that begins at `vertex`.
struct SubtaskId {
  VertexId vertex;
  int index = 0;

  friend auto operator<=>(const SubtaskId&, const SubtaskId&) = default;
};

// A subtask's part of a checkpoint is durable, will never be, or has to wait.
struct Acknowledgement {
  CheckpointId checkpoint;
  SubtaskId subtask;
  // One for each operator of the chain. An error declines the checkpoint; the
  // subtask goes on. But SNK-0311 says that the barrier waits: it is said
  // again, and the part itself, or another error, follows.
  absl::StatusOr<std::vector<OperatorSnapshot>> snapshots;
};

}  // namespace millrace
