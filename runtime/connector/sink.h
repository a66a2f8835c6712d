#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"
#include "runtime/batch/batch.h"
#include "runtime/connector/table.h"

namespace millrace {

// Output sealed at a barrier that waits for its checkpoint to complete. Opaque
// to all but the sink that made it; it goes into the checkpoint.
struct Committable {
  std::string bytes;

  friend bool operator==(const Committable&, const Committable&) = default;
};

// Writes the rows of one sink subtask. Called by its worker, never blocks.
class Writer {
 public:
  enum class Accepted {
    kAll,
    kFull  // Nothing of the batch was taken: offer it again after a wake-up.
  };

  virtual ~Writer() = default;

  // Columns in the order of the table's persisted columns. The row kinds that
  // occur are those the connector said it takes.
  virtual absl::StatusOr<Accepted> Write(const Batch& batch) = 0;

  // Event time has reached `watermark_ms`; some sinks close partitions on it.
  virtual absl::Status Advance(int64_t /*watermark_ms*/) {
    return absl::OkStatus();
  }

  // Makes everything written so far readable as soon as the sink can; called
  // at a barrier, at the end of the input, and when output has grown old
  // (FlushInterval). kFull: call again after a wake-up.
  virtual absl::StatusOr<Accepted> Flush() = 0;

  // How long written rows may stay unflushed; infinite: only at barriers.
  virtual absl::Duration FlushInterval() const {
    return absl::InfiniteDuration();
  }

  // After a Flush: whether something is still open, so that FlushInterval
  // begins again though nothing new is written.
  virtual bool KeepsOpen() const { return false; }

  // No row follows: the next Flush and Seal are the last, of everything.
  virtual void EndInput() {}

  // What a barrier leaves behind.
  struct Sealed {
    // To be committed when the checkpoint completes; none of a sink without
    // transactions.
    std::vector<Committable> committables;
    // What stays open across the barrier, as Restore is to find it: opaque.
    std::vector<std::string> open;
  };
  // Called after Flush said kAll, at the barrier of `checkpoint`: seals what
  // was written since the last barrier, durably.
  virtual absl::StatusOr<Sealed> Seal(CheckpointId /*checkpoint*/) {
    return Sealed();
  }
  // Takes over what writers of an earlier attempt, also of other subtasks, left
  // open at the barrier that is restored: rows written after it are undone,
  // those before it become committables of the next Seal at the latest. Before
  // anything else, and may block.
  virtual absl::Status Restore(const std::vector<std::string>& /*open*/) {
    return absl::OkStatus();
  }

  // Called after the last Flush and Seal of a job, until it is done: nullopt is
  // not yet, call again after a wake-up. A line to print when the job ends
  // (blackhole's checksum); empty = none.
  virtual absl::StatusOr<std::optional<std::string>> Finish() {
    return std::string();
  }
};

// Makes committables of completed checkpoints visible: in order, idempotently,
// also after a restore, by another subtask or another process than the one that
// sealed them. Runs on an Executor, one call at a time. kUnavailable: it is
// called again, with the same committables, after a while.
class Committer {
 public:
  virtual ~Committer() = default;
  virtual absl::Status Commit(const std::vector<Committable>& committables) = 0;
  // Gives up output of a checkpoint that never completed.
  virtual absl::Status Abort(const std::vector<Committable>& committables) = 0;
};

}  // namespace millrace
