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

// A subtask's part of a checkpoint is durable, or will never be.
struct Acknowledgement {
  CheckpointId checkpoint;
  SubtaskId subtask;
  // One for each operator of the chain. An error declines the checkpoint; the
  // subtask goes on.
  absl::StatusOr<std::vector<OperatorSnapshot>> snapshots;
};

}  // namespace millrace
