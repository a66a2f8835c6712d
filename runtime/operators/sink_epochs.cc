#include "runtime/operators/sink_epochs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/output_file_refs.h"
#include "state/storage/pending_output.h"

namespace millrace {
namespace {

using Redistribution = SnapshotWriter::Redistribution;
using Epoch = SinkCommitter::Epoch;

absl::Status CommitOnce(Committer& committer,
                        const std::vector<Committable>& committables) {
  RETURN_IF_ERROR(Failpoint("sink.before_commit"));
  RETURN_IF_ERROR(committer.Commit(committables));
  return Failpoint("sink.after_commit");
}

// `writer` null: committables have no files.
std::string ItemOf(const std::deque<Epoch>& epochs,
                   const CommittingWriter* writer) {
  std::vector<PendingOutput> pieces;
  for (const Epoch& epoch : epochs) {
    for (const Committable& one : epoch.committables) {
      PendingOutput& piece = pieces.emplace_back();
      piece.checkpoint = epoch.checkpoint;
      piece.bytes = one.bytes;
      if (writer == nullptr) continue;
      for (const OutputFile& file : writer->FilesOf(one)) {
        piece.files.push_back(RefOf(file));
      }
    }
  }
  return EncodePendingItem(pieces);
}

// Appends the epochs of an item.
absl::Status TakeItem(absl::string_view item, const CommittingWriter* writer,
                      std::vector<Epoch>& epochs) {
  ASSIGN_OR_RETURN(const std::vector<PendingOutput> pieces,
                   DecodePendingItem(item));
  for (const PendingOutput& piece : pieces) {
    if (epochs.empty() || epochs.back().checkpoint != piece.checkpoint) {
      epochs.push_back({.checkpoint = piece.checkpoint});
    }
    Committable& one = epochs.back().committables.emplace_back();
    one.bytes = std::string(piece.bytes);
    if (piece.files.empty() || writer == nullptr) continue;
    std::vector<OutputFile> files;
    for (const FileRef& file : piece.files) {
      files.push_back(OutputFileOf(file));
    }
    one = writer->WithFiles(std::move(one), std::move(files));
  }
  return absl::OkStatus();
}

}  // namespace

SinkEpochs::SinkEpochs(Parts parts)
    : parts_(std::move(parts)),
      stepped_(dynamic_cast<CommittingWriter*>(parts_.writer)),
      outcomes_(std::make_shared<Outcomes>(parts_.wake)) {}

absl::StatusOr<Progress> SinkEpochs::Seal(CheckpointId checkpoint) {
  RETURN_IF_ERROR(Settle().status());
  if (committer_.is_restoring()) return Progress::kOutputFull;
  ASSIGN_OR_RETURN(const Writer::Accepted flushed, parts_.writer->Flush());
  if (flushed == Writer::Accepted::kFull) return Progress::kOutputFull;
  RETURN_IF_ERROR(Failpoint("sink.before_seal"));
  ASSIGN_OR_RETURN(Writer::Sealed sealed, parts_.writer->Seal(checkpoint));
  RETURN_IF_ERROR(Failpoint("sink.after_seal"));
  MILLRACE_CHECK(sealed.committables.empty() || stepped_ != nullptr ||
                 parts_.committer != nullptr);
  open_ = std::move(sealed.open);
  RETURN_IF_ERROR(Step(SinkCommitter::Sealed{
      {.checkpoint = checkpoint,
       .committables = std::move(sealed.committables)}}));
  return Progress::kDone;
}

absl::Status SinkEpochs::Snapshot(SnapshotWriter& writer) const {
  std::vector<std::string> pending;
  if (!committer_.pending().empty()) {
    pending.push_back(ItemOf(committer_.pending(), stepped_));
  }
  RETURN_IF_ERROR(
      writer.OperatorState(absl::StrCat(parts_.name, kPendingOutput),
                           Redistribution::kSplit, pending));
  RETURN_IF_ERROR(writer.OperatorState(absl::StrCat(parts_.name, kOpenOutput),
                                       Redistribution::kSplit, open_));
  return Failpoint("sink.before_ack");
}

absl::Status SinkEpochs::Restore(SnapshotReader& reader) {
  ASSIGN_OR_RETURN(
      const std::vector<std::string> pending,
      reader.OperatorState(absl::StrCat(parts_.name, kPendingOutput)));
  ASSIGN_OR_RETURN(
      open_, reader.OperatorState(absl::StrCat(parts_.name, kOpenOutput)));
  std::vector<Epoch> epochs;
  for (const std::string& item : pending) {
    RETURN_IF_ERROR(TakeItem(item, stepped_, epochs));
  }
  MILLRACE_CHECK(epochs.empty() || stepped_ != nullptr ||
                 parts_.committer != nullptr);
  // Of each earlier subtask they ascend already.
  std::stable_sort(epochs.begin(), epochs.end(),
                   [](const Epoch& a, const Epoch& b) {
                     return a.checkpoint < b.checkpoint;
                   });
  RETURN_IF_ERROR(parts_.writer->Restore(open_));
  return Step(SinkCommitter::Restored{std::move(epochs)});
}

absl::Status SinkEpochs::Complete(CheckpointId checkpoint) {
  return Step(SinkCommitter::Completed{checkpoint});
}

absl::StatusOr<bool> SinkEpochs::Settle() {
  if (stepped_ != nullptr) {
    ASSIGN_OR_RETURN(bool done, stepped_->Poll());
    // What is begun next may be done at once.
    while (done && committer_.is_committing()) {
      RETURN_IF_ERROR(Step(SinkCommitter::Committed{}));
      ASSIGN_OR_RETURN(done, stepped_->Poll());
    }
  } else if (committer_.is_committing()) {
    for (absl::Status& outcome : outcomes_->TakeAll()) {
      RETURN_IF_ERROR(Step(SinkCommitter::Committed{std::move(outcome)}));
    }
  } else if (committer_.retry_nanos() != INT64_MAX) {
    RETURN_IF_ERROR(Step(SinkCommitter::Tick()));
  }
  return !committer_.has_due();
}

absl::Status SinkEpochs::CommitNow() {
  ASSIGN_OR_RETURN(const Writer::Sealed sealed,
                   parts_.writer->Seal(CheckpointId(1)));
  if (sealed.committables.empty()) return absl::OkStatus();
  if (stepped_ != nullptr) {
    return absl::FailedPreconditionError(
        "this sink's output is committed by checkpoints, and there are none");
  }
  return parts_.committer->Commit(sealed.committables);
}

absl::Status SinkEpochs::Step(SinkCommitter::Event event) {
  SinkCommitter::Actions actions =
      committer_.Step(std::move(event), parts_.clock->SteadyNanos());
  if (!actions.commit.empty() && stepped_ != nullptr) {
    RETURN_IF_ERROR(stepped_->Begin(std::move(actions.commit)));
  } else if (!actions.commit.empty()) {
    parts_.background->Post(
        [committer = parts_.committer, outcomes = outcomes_,
         committables = std::move(actions.commit)] {
          outcomes->Post(CommitOnce(*committer, committables));
        });
  }
  return actions.failed;
}

}  // namespace millrace
