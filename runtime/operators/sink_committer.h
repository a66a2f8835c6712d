#pragma once

#include <cstdint>
#include <deque>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"
#include "runtime/connector/sink.h"

namespace millrace {

// Decides when a sink subtask's sealed output is committed: a state machine,
// told of barriers, of completed checkpoints and of what became of commits.
//
//   - Nothing is committed before its checkpoint has completed.
//   - Epochs are committed in order, one call at a time. A completed checkpoint
//     stands for all before it: notifications may be lost, come twice or late,
//     and what was sealed for a checkpoint that was given up belongs to the
//     next one that completes.
//   - What a restored checkpoint left pending comes before anything newer.
//   - A call that ended in kUnavailable is made again, the same, kFirstDelay
//     later and then after twice the time up to kLongestDelay; after kMostTries
//     the error ends the attempt, and the next one begins anew with the same
//     epochs. Any other error ends the attempt at once.
//
// Invariant: pending() holds every epoch whose commit was not reported done, so
// that a snapshot of it loses none. Pure: no clock, no I/O.
class SinkCommitter {
 public:
  static constexpr absl::Duration kFirstDelay = absl::Milliseconds(100);
  // Not longer: a checkpoint may wait for the commits of a restored one.
  static constexpr absl::Duration kLongestDelay = absl::Seconds(10);
  static constexpr int kMostTries = 10;  // About 45 s.

  struct Epoch {
    CheckpointId checkpoint;
    std::vector<Committable> committables;

    friend bool operator==(const Epoch&, const Epoch&) = default;
  };

  // Before any other event: what the restored checkpoint left, all completed.
  struct Restored {
    std::vector<Epoch> epochs;
  };
  // A barrier has passed; ascending.
  struct Sealed {
    Epoch epoch;
  };
  struct Completed {
    CheckpointId checkpoint;
  };
  // How the commit under way ended.
  struct Committed {
    absl::Status status;
  };
  // Time has passed.
  struct Tick {};
  using Event = std::variant<Restored, Sealed, Completed, Committed, Tick>;

  struct Actions {
    std::vector<Committable> commit;  // To be begun; empty: nothing.
    absl::Status failed;              // Not OK: the attempt ends.
  };

  // `now_nanos` by Clock::SteadyNanos.
  Actions Step(Event event, int64_t now_nanos);

  const std::deque<Epoch>& pending() const { return pending_; }
  // Whether a commit is under way.
  bool is_committing() const { return committing_ > 0; }
  // Whether what was restored is not all committed yet.
  bool is_restoring() const { return restored_ > 0; }
  // Whether there is anything of completed checkpoints left to commit.
  bool has_due() const { return DueCount() > 0; }
  // When a Tick begins the next try; INT64_MAX: none is waited for.
  int64_t retry_nanos() const { return retry_nanos_; }

 private:
  size_t DueCount() const;
  absl::Status OnCommitted(const absl::Status& status, int64_t now_nanos);
  Actions Begin(int64_t now_nanos);

  std::deque<Epoch> pending_;  // Ascending; none is empty.
  size_t restored_ = 0;        // How many of them, from the front.
  size_t committing_ = 0;      // Likewise, of the call under way.
  CheckpointId completed_;
  int tries_ = 0;  // Failed in a row.
  int64_t retry_nanos_ = INT64_MAX;
};

}  // namespace millrace
