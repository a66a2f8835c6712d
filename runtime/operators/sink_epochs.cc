#include "runtime/operators/sink_epochs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"
#include "state/storage/savepoint.h"

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

void AppendEpoch(const Epoch& epoch, std::string& item) {
  for (const Committable& one : epoch.committables) {
    absl::StrAppend(&item, epoch.checkpoint.value(), " ", one.bytes.size(),
                    "\n", one.bytes);
  }
}

// The next committable of an item; false: it is cut off or no such item.
bool TakeCommittable(absl::string_view& item, std::vector<Epoch>& epochs) {
  const size_t space = item.find(' ');
  const size_t line = item.find('\n');
  int64_t checkpoint = 0;
  size_t length = 0;
  if (space == absl::string_view::npos || line == absl::string_view::npos ||
      space > line || !absl::SimpleAtoi(item.substr(0, space), &checkpoint) ||
      !absl::SimpleAtoi(item.substr(space + 1, line - space - 1), &length) ||
      length > item.size() - line - 1) {
    return false;
  }
  const CheckpointId id(checkpoint);
  if (epochs.empty() || epochs.back().checkpoint != id) {
    epochs.push_back({.checkpoint = id});
  }
  epochs.back().committables.push_back(
      {std::string(item.substr(line + 1, length))});
  item.remove_prefix(line + 1 + length);
  return true;
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
    pending.push_back("1\n");
    for (const Epoch& epoch : committer_.pending()) {
      AppendEpoch(epoch, pending.back());
    }
  }
  RETURN_IF_ERROR(writer.OperatorState(absl::StrCat(parts_.name, kPendingOutput),
                                       Redistribution::kSplit, pending));
  RETURN_IF_ERROR(writer.OperatorState(absl::StrCat(parts_.name, kOpenOutput),
                                       Redistribution::kSplit, open_));
  return Failpoint("sink.before_ack");
}

absl::Status SinkEpochs::Restore(SnapshotReader& reader) {
  ASSIGN_OR_RETURN(const std::vector<std::string> pending,
                   reader.OperatorState(absl::StrCat(parts_.name, kPendingOutput)));
  ASSIGN_OR_RETURN(open_,
                   reader.OperatorState(absl::StrCat(parts_.name, kOpenOutput)));
  std::vector<Epoch> epochs;
  for (const std::string& item : pending) {
    absl::string_view rest = item;
    bool whole = absl::ConsumePrefix(&rest, "1\n");
    while (whole && !rest.empty()) whole = TakeCommittable(rest, epochs);
    if (!whole) {
      return absl::DataLossError("a sink's output that waits to be committed "
                                 "is unreadable in the checkpoint");
    }
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
