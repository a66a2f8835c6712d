#include "runtime/operators/operator.h"

namespace millrace {

HashRange HashesOf(const OperatorContext& context) {
  return HashesOf(KeyGroupsOf(SubtaskIndex(context.subtask),
                              context.parallelism, context.max_parallelism),
                  context.max_parallelism);
}

absl::StatusOr<Progress> Operator::Advance(int64_t, Output&) {
  return Progress::kDone;
}

absl::StatusOr<Progress> Operator::Fire(int64_t, Output&) {
  return Progress::kDone;
}

absl::StatusOr<Progress> Operator::EndInput(Output&) {
  return Progress::kDone;
}

absl::StatusOr<Progress> Operator::BeforeSnapshot(CheckpointId, Output&) {
  return Progress::kDone;
}

absl::Status Operator::Snapshot(SnapshotWriter&) { return absl::OkStatus(); }

absl::Status Operator::Restore(SnapshotReader&) { return absl::OkStatus(); }

absl::Status Operator::OnCheckpointComplete(CheckpointId, bool) {
  return absl::OkStatus();
}

absl::StatusOr<bool> Operator::IsSettled() { return true; }

}  // namespace millrace
