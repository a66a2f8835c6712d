#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/base/executor.h"
#include "runtime/base/metrics.h"
#include "runtime/operators/operator.h"
#include "state/operator_backend.h"
#include "state/storage/acknowledgement.h"

namespace millrace {

// One subtask's part in the checkpoints of its job:
//
//   barrier   Begin, then Write of each operator in chain order, then Freeze:
//             by the worker, at once but for what the operators flush between
//   rest      what an operator has frozen and not written (SnapshotRest):
//             WriteSlice, by the worker at the beginning of its turns
//   upload    on an Executor, one operator after the other; then the
//             acknowledgement, also from there
//   news      OnComplete, OnAbort: by the worker
//
// Owns the backends below the operators' state, and so outlives the operators.
// The upload touches neither: it may outlive the subtask.
class CheckpointParticipant {
 public:
  // How many entries of a rest are written at once, about.
  struct Slices {
    // At the barrier all the same: a small state is acknowledged a turn
    // earlier, and 0.1 ms stops nobody.
    uint32_t at_barrier = 256;
    // In a turn: about as long as the turn itself, so that a rest does not stop
    // the rows; and as much more after each `more_after` turns, so that the
    // largest rest, on a worker with many tasklets, is written long before its
    // checkpoint times out.
    uint32_t per_turn = 1024;
    uint32_t more_after = 4096;
  };
  struct Options {
    SubtaskId subtask;
    Executor* uploads = nullptr;
    // Called by `uploads`, also when the subtask is gone.
    std::function<void(Acknowledgement)> acknowledge;
    const Clock* clock = nullptr;
    // Gets the nanoseconds of the last snapshot in which the worker could do
    // nothing else; may be null.
    Gauge* sync_nanos = nullptr;
    Slices slices;
  };
  explicit CheckpointParticipant(Options options)
      : options_(std::move(options)) {}

  // The backend of the chain's next operator; the first one added has the
  // input's part too.
  OperatorBackend* Add(std::unique_ptr<OperatorBackend> backend);

  // The barrier of `checkpoint` is next. `drained`: the input has ended and all
  // that came of it is passed on, so that keyed state is of no use any more
  // and its part is none: restored, the subtask meets the end of its input
  // again and must find nothing left to put out. REQUIRES: none is under way.
  void Begin(CheckpointId checkpoint, bool drained);
  // Has `write` write what belongs to `backend`, which was added.
  absl::Status Write(
      OperatorBackend* backend,
      const std::function<absl::Status(SnapshotWriter&)>& write);
  // Everything is written or frozen. Ends the step of the barrier; once nothing
  // is left of it the parts are uploaded and acknowledged.
  absl::Status Freeze();
  // Whether something is: then no other barrier may begin.
  bool has_rest() const { return has_rest_; }
  // Writes a slice of it for each operator.
  absl::Status WriteSlice();
  // Writes all of it.
  absl::Status EndRest() { return WriteRest(UINT32_MAX); }

  // How often it is said of one checkpoint that it is held up: whoever waits
  // for it may not have heard, and waits as long as that is said again.
  static constexpr absl::Duration kSayEvery = absl::Seconds(10);
  // Whether that is to be said if it is so: the checkpoint is neither frozen
  // nor aborted, and it was not said just now.
  bool MaySayHeldUp(CheckpointId checkpoint) const;
  // Its barrier may not pass for a long time, and why. If it comes after all it
  // is acknowledged. REQUIRES: MaySayHeldUp says so.
  void SayHeldUp(CheckpointId checkpoint, absl::Status why);
  // It is not, or no more.
  void ForgetHeldUp() { held_up_ = CheckpointId(0); }
  // When it is to be said again of `checkpoint`; INT64_MAX: it was not said, or
  // the barrier has passed.
  int64_t SayAgainNanos(CheckpointId checkpoint) const {
    const bool is_said = checkpoint == held_up_ && checkpoint > answered_;
    return is_said ? say_again_nanos_ : INT64_MAX;
  }

  // Forgets what is left, and a step that is under way: the operators go away,
  // and would have it written first. Nothing else may be called any more.
  void Drop();

  void OnComplete(CheckpointId checkpoint);
  // While it is under way, or something is left of it, that ends first.
  void OnAbort(CheckpointId checkpoint);

 private:
  struct Part {
    std::unique_ptr<OperatorBackend> backend;
    std::unique_ptr<SnapshotWriter> writer;  // Until all is written.
    OperatorBackend::Upload upload;          // Then, until all parts are.
  };
  using Uploads = std::vector<OperatorBackend::Upload>;

  absl::Status WriteRest(uint32_t limit);
  void EndFreeze();
  static absl::StatusOr<std::vector<OperatorSnapshot>> UploadAll(
      const Uploads& uploads, bool drained);

  const Options options_;
  std::vector<Part> parts_;
  std::optional<CheckpointId> under_way_;
  CheckpointId answered_;  // Up to it none is awaited.
  CheckpointId held_up_;   // Of which that was said last,
  int64_t say_again_nanos_ = 0;  // and not before then again.
  bool aborted_ = false;  // That under way.
  bool drained_ = false;
  bool has_rest_ = false;
  uint32_t slice_count_ = 0;  // Of the rest so far.
  int64_t spent_nanos_ = 0;
};

}  // namespace millrace
