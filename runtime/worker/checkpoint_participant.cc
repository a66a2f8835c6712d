#include "runtime/worker/checkpoint_participant.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"
#include "state/lists_only.h"

namespace millrace {

OperatorBackend* CheckpointParticipant::Add(
    std::unique_ptr<OperatorBackend> backend) {
  parts_.push_back({.backend = std::move(backend)});
  return parts_.back().backend.get();
}

void CheckpointParticipant::Begin(CheckpointId checkpoint, bool drained) {
  MILLRACE_CHECK(!under_way_.has_value());
  under_way_ = checkpoint;
  aborted_ = false;
  drained_ = drained;
  spent_nanos_ = 0;
}

absl::Status CheckpointParticipant::Write(
    OperatorBackend* backend,
    const std::function<absl::Status(SnapshotWriter&)>& write) {
  const auto part = std::find_if(
      parts_.begin(), parts_.end(),
      [&](const Part& part) { return part.backend.get() == backend; });
  MILLRACE_CHECK(under_way_.has_value() && part != parts_.end());
  const int64_t begin_nanos = options_.clock->SteadyNanos();
  if (part->writer == nullptr) {
    part->writer = backend->BeginSnapshot(*under_way_);
  }
  if (drained_) {
    ListsOnly lists(*part->writer);
    RETURN_IF_ERROR(write(lists));
  } else {
    RETURN_IF_ERROR(write(*part->writer));
  }
  spent_nanos_ += options_.clock->SteadyNanos() - begin_nanos;
  return absl::OkStatus();
}

absl::Status CheckpointParticipant::Freeze() {
  MILLRACE_CHECK(under_way_.has_value());
  answered_ = std::max(answered_, *under_way_);
  const int64_t begin_nanos = options_.clock->SteadyNanos();
  RETURN_IF_ERROR(Failpoint("tm.snapshot.sync"));
  for (Part& part : parts_) {
    if (part.writer == nullptr) {
      part.writer = part.backend->BeginSnapshot(*under_way_);
    }
  }
  has_rest_ = true;
  slice_count_ = 0;
  const absl::Status status = WriteRest(options_.slices.at_barrier);
  spent_nanos_ += options_.clock->SteadyNanos() - begin_nanos;
  if (options_.sync_nanos != nullptr) options_.sync_nanos->Set(spent_nanos_);
  return status;
}

absl::Status CheckpointParticipant::WriteSlice() {
  const Slices& slices = options_.slices;
  return WriteRest(slices.per_turn *
                   (1 + slice_count_++ / slices.more_after));
}

// A part is frozen as soon as it is written: then its store may be told of what
// changed since.
absl::Status CheckpointParticipant::WriteRest(uint32_t limit) {
  bool is_written = true;
  for (Part& part : parts_) {
    if (part.writer == nullptr) continue;
    ASSIGN_OR_RETURN(const bool is_done, part.writer->WriteRest(limit));
    is_written &= is_done;
    if (!is_done) continue;
    ASSIGN_OR_RETURN(part.upload,
                     part.backend->Freeze(std::move(part.writer)));
  }
  if (is_written) EndFreeze();
  return absl::OkStatus();
}

void CheckpointParticipant::EndFreeze() {
  const CheckpointId checkpoint = *under_way_;
  under_way_.reset();
  has_rest_ = false;
  Uploads uploads;
  for (Part& part : parts_) uploads.push_back(std::exchange(part.upload, {}));
  if (aborted_) return OnAbort(checkpoint);
  options_.uploads->Post([checkpoint, subtask = options_.subtask,
                          acknowledge = options_.acknowledge,
                          uploads = std::move(uploads), drained = drained_] {
    acknowledge({checkpoint, subtask, UploadAll(uploads, drained)});
  });
}

bool CheckpointParticipant::MaySayHeldUp(CheckpointId checkpoint) const {
  if (checkpoint <= answered_) return false;
  return checkpoint != held_up_ ||
         options_.clock->SteadyNanos() >= say_again_nanos_;
}

void CheckpointParticipant::SayHeldUp(CheckpointId checkpoint,
                                      absl::Status why) {
  MILLRACE_CHECK(MaySayHeldUp(checkpoint));
  held_up_ = checkpoint;
  say_again_nanos_ = options_.clock->SteadyNanos() +
                     absl::ToInt64Nanoseconds(kSayEvery);
  options_.uploads->Post([checkpoint, subtask = options_.subtask,
                          acknowledge = options_.acknowledge,
                          why = std::move(why)] {
    acknowledge({checkpoint, subtask, why});
  });
}

void CheckpointParticipant::Drop() {
  for (Part& part : parts_) part.writer = nullptr;
}

absl::StatusOr<std::vector<OperatorSnapshot>> CheckpointParticipant::UploadAll(
    const Uploads& uploads, bool drained) {
  RETURN_IF_ERROR(Failpoint("tm.snapshot.before_upload"));
  std::vector<OperatorSnapshot> snapshots;
  for (const OperatorBackend::Upload& upload : uploads) {
    ASSIGN_OR_RETURN(OperatorSnapshot snapshot, upload());
    if (drained) snapshot.parts.clear();
    snapshots.push_back(std::move(snapshot));
    if (snapshots.size() == 1) {
      RETURN_IF_ERROR(Failpoint("tm.snapshot.mid_upload"));
    }
  }
  RETURN_IF_ERROR(Failpoint("tm.snapshot.before_ack"));
  return snapshots;
}

void CheckpointParticipant::OnComplete(CheckpointId checkpoint) {
  for (const Part& part : parts_) part.backend->OnComplete(checkpoint);
}

void CheckpointParticipant::OnAbort(CheckpointId checkpoint) {
  answered_ = std::max(answered_, checkpoint);
  if (under_way_ == checkpoint) {
    aborted_ = true;
    return;
  }
  for (const Part& part : parts_) part.backend->OnAbort(checkpoint);
}

}  // namespace millrace
