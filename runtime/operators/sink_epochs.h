#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/clock.h"
#include "runtime/base/executor.h"
#include "runtime/base/outcome_box.h"
#include "runtime/connector/committing_writer.h"
#include "runtime/connector/sink.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/sink_committer.h"

namespace millrace {

// The transactional side of one Writer: seals it at barriers, keeps what was
// sealed in snapshots, and has a Committer commit what completed checkpoints
// hold, as SinkCommitter decides.
//
// Owned by one worker. Commits run on the Executor; their outcome is taken by
// Settle, so after `wake` the worker calls that. A call that is under way when
// this is destroyed goes on alone: committing twice does no harm.
class SinkEpochs {
 public:
  struct Parts {
    Writer* writer = nullptr;  // Outlives this, as background and clock do.
    // Null: nothing is ever sealed, or the writer commits it itself.
    std::shared_ptr<Committer> committer;
    // Null: nobody takes checkpoints, and only CommitNow commits.
    Executor* background = nullptr;
    std::function<void()> wake = [] {};
    const Clock* clock = nullptr;
    std::string name;  // Of its lists in snapshots; empty for the only writer.
  };

  explicit SinkEpochs(Parts parts);
  SinkEpochs(const SinkEpochs&) = delete;
  SinkEpochs& operator=(const SinkEpochs&) = delete;
  ~SinkEpochs() { outcomes_->Close(); }

  // At the barrier: seals what was written since the last one. kOutputFull:
  // the writer is still flushing, or what was restored is not committed yet;
  // call again after a wake-up or at NextRetryNanos. So a checkpoint that
  // completes says that nothing older than it is left to commit anywhere.
  absl::StatusOr<Progress> Seal(CheckpointId checkpoint);

  // Two lists, both kSplit: "pending" (state/storage/pending_output.h), at most
  // one item a subtask, so that its output keeps its order wherever it is
  // restored, and "open", the writer's.
  absl::Status Snapshot(SnapshotWriter& writer) const;
  absl::Status Restore(SnapshotReader& reader);

  absl::Status Complete(CheckpointId checkpoint);

  // Takes the outcome of a commit, begins the next. Whether nothing of
  // completed checkpoints is left to commit. Errors end the attempt.
  absl::StatusOr<bool> Settle();
  bool is_committing() const { return committer_.is_committing(); }
  // By Clock::SteadyNanos; INT64_MAX = never, 0 = at once.
  int64_t NextRetryNanos() const {
    return stepped_ != nullptr && stepped_->HasNews()
               ? 0
               : committer_.retry_nanos();
  }

  // Where nobody takes checkpoints: commits everything written, here and now.
  // REQUIRES: the writer's Flush said kAll. kFailedPrecondition: the writer
  // commits in steps, which takes checkpoints.
  absl::Status CommitNow();

 private:
  using Outcomes = OutcomeBox<absl::Status>;

  absl::Status Step(SinkCommitter::Event event);

  const Parts parts_;
  CommittingWriter* const stepped_;  // The writer, if it is one, or null.
  const std::shared_ptr<Outcomes> outcomes_;
  SinkCommitter committer_;
  std::vector<std::string> open_;  // Of the last barrier.
};

}  // namespace millrace
