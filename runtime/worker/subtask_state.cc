#include "runtime/worker/subtask_state.h"

#include <utility>

#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"
#include "state/discarding_backend.h"
#include "state/memory_backend.h"

namespace millrace {

SubtaskState::SubtaskState(Options options) : options_(std::move(options)) {
  if (options_.participant.acknowledge) {
    participant_ =
        std::make_unique<CheckpointParticipant>(options_.participant);
  }
}

SubtaskState::Share SubtaskState::Add(const Vertex& vertex) {
  const SubtaskId& subtask = options_.participant.subtask;
  Share share = {.place = {.job_id = options_.job_id,
                           .attempt = options_.attempt,
                           .uid = vertex.uid,
                           .fingerprint = vertex.fingerprint,
                           .subtask = subtask.index,
                           .parallelism = vertex.parallelism,
                           .max_parallelism = options_.max_parallelism}};
  if (participant_ != nullptr) {
    share.backend = participant_->Add(MakeBackend(share.place));
  }
  return share;
}

std::unique_ptr<OperatorBackend> SubtaskState::MakeBackend(
    const BackendPlace& place) const {
  if (options_.make_backend) {
    return options_.make_backend(place, options_.store, options_.wake);
  }
  if (options_.store == nullptr) return NewDiscardingBackend(place);
  return NewMemoryBackend(
      place, options_.store,
      {.restore = {.helpers = options_.participant.uploads}});
}

absl::StatusOr<std::unique_ptr<SnapshotReader>> SubtaskState::Open(
    const Share& share) const {
  if (share.backend == nullptr || options_.restore == nullptr) return nullptr;
  RETURN_IF_ERROR(Failpoint("tm.restore.before_download"));
  ASSIGN_OR_RETURN(
      std::unique_ptr<SnapshotReader> reader,
      share.backend->Restore(ShareOf(*options_.restore, share.place)));
  RETURN_IF_ERROR(Failpoint("tm.restore.mid_download"));
  return reader;
}

absl::Status SubtaskState::Restore(SnapshotReader* reader, Operator& op) {
  if (reader == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(Failpoint("tm.restore.before_open"));
  RETURN_IF_ERROR(op.Restore(*reader));
  return Failpoint("tm.restore.after_open");
}

}  // namespace millrace
