#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/clock.h"
#include "runtime/base/event_time.h"
#include "runtime/base/memory_budget.h"
#include "runtime/base/metrics.h"
#include "runtime/batch/batch.h"
#include "state/operator_backend.h"
#include "state/snapshot.h"

namespace millrace {

class RowFailures;

// How a step of an operator ended.
enum class Progress {
  kDone,        // the input of this step is used up
  kOutputFull,  // call the same method again, with the same input, when the
                // output has room: the operator kept its place
  kNeedsState,  // likewise, when the state it waits for has been read
};

// Where an operator's rows go: the next operator of the chain, or an exchange.
class Output {
 public:
  virtual ~Output() = default;

  // Whether Emit may be called now.
  virtual bool HasRoom() const = 0;

  // REQUIRES: HasRoom(). Empty batches are allowed and dropped.
  virtual absl::Status Emit(Batch batch) = 0;
};

// What surrounds one subtask's operator. Everything outlives the operator.
struct OperatorContext {
  std::string name;  // For messages: "window_aggregate out_q5a[0]".
  int subtask = 0;
  int parallelism = 1;
  int max_parallelism = 128;
  const Clock* clock = nullptr;
  MemoryBudget* memory = nullptr;
  MetricGroup* metrics = nullptr;
  // Takes rows on which an expression fails; null: they fail the job.
  RowFailures* row_failures = nullptr;
  OperatorBackend* state = nullptr;  // Null: everything resident (tests).
};

// The hashes of the keys that the subtask is given at an exchange.
HashRange HashesOf(const OperatorContext& context);

// Turns one or more input streams into one output stream.
//
// Threading: one worker calls every method, one at a time. An operator holds
// no mutex, no atomic and no thread.
//
// Resumable: one step may produce more than the output takes, so Process,
// Advance, Fire and EndInput return kOutputFull or kNeedsState and are called
// again with the same arguments until they return kDone. Meanwhile the
// operator gets no other input, and no watermark or barrier passes it.
//
// Errors: a non-OK status ends this attempt. The code says who acts.
class Operator {
 public:
  virtual ~Operator() = default;

  // Every row of `batch` arrived on `input` (0-based), in channel order.
  virtual absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                           Output& output) = 0;

  // No row with event_time <= watermark_ms will follow on any input. Emits what
  // is due; the caller passes the watermark on after kDone. Non-decreasing.
  virtual absl::StatusOr<Progress> Advance(int64_t watermark_ms,
                                           Output& output);

  // Processing time has reached `now_ms`, which is at or after NextTimer().
  virtual absl::StatusOr<Progress> Fire(int64_t now_ms, Output& output);
  // When Fire wants to be called; INT64_MAX = never.
  virtual int64_t NextTimer() const { return INT64_MAX; }

  // Every input has ended; called once (until kDone), after the last watermark.
  virtual absl::StatusOr<Progress> EndInput(Output& output);

  // The barrier of `checkpoint` has come on every input and no call above is
  // unfinished. First, in the order of the chain, what an operator holds back
  // for no other reason than speed goes out; only then, before the next
  // operator sees the barrier, Snapshot is called.
  virtual absl::StatusOr<Progress> BeforeSnapshot(CheckpointId checkpoint,
                                                  Output& output);

  // Writes everything that must survive: keyed state by key group, the rest as
  // operator state. Restore comes before any other call, into a new operator
  // built from the same plan, at any parallelism. An operator restored from
  // after its EndInput emits nothing at the next one.
  virtual absl::Status Snapshot(SnapshotWriter& writer);
  virtual absl::Status Restore(SnapshotReader& reader);

  // The checkpoint and all before it have completed. May come late, twice, or
  // not at all: the next one stands for it. May come while another call is
  // unfinished. `final`: nothing follows.
  virtual absl::Status OnCheckpointComplete(CheckpointId checkpoint,
                                            bool final);
  // Whether what OnCheckpointComplete began is done: asked at every turn of the
  // tasklet until all its operators say so, which is when a finished one ends.
  // Errors end the attempt.
  virtual absl::StatusOr<bool> IsSettled();
};

}  // namespace millrace
