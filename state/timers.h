#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/base/memory_budget.h"
#include "state/snapshot.h"

namespace millrace {

// Moments at which a key wants to be looked at again, in event time or in
// processing time: one Timers each. A (time, key) registered twice is one
// timer, as in Flink.
//
// Keys are canonical key bytes (runtime/batch/packed_key.h). Called by one
// worker. Costs a tree node per timer; what has one timer for many keys (the
// windows) keeps its own.
class Timers {
 public:
  struct Timer {
    int64_t time_ms = 0;
    std::string key;

    friend auto operator<=>(const Timer&, const Timer&) = default;
  };
  struct Options {
    int32_t state_id = 0;  // Of the snapshot's schema; unique in the operator.
    std::string name;      // "event timers".
    std::string key_type;
    int max_parallelism = 128;
    MemoryBudget* memory = nullptr;  // Null: unbounded (tests).
    std::string owner;
  };
  explicit Timers(Options options);
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  // Nothing happens when it is there already. kResourceExhausted when the
  // budget is used up.
  absl::Status Register(int64_t time_ms, absl::string_view key);
  // Nothing happens when there is none.
  void Erase(int64_t time_ms, absl::string_view key);

  // The earliest timer's time; INT64_MAX when there is none.
  int64_t NextTime() const {
    return std::min(TimeOf(settled_), TimeOf(fresh_));
  }
  // Takes up to `limit` timers with time_ms <= now_ms out, earliest first,
  // appended to `due`. Fewer than `limit` = that was all.
  size_t PopDue(int64_t now_ms, size_t limit, std::vector<Timer>& due);

  size_t size() const { return settled_.size() + fresh_.size(); }

  // Key: the key's bytes, then the time (8, big endian, sign flipped); no
  // value. Version 1. Of changes, what was registered and what went since the
  // last snapshot or Restore.
  absl::Status Snapshot(SnapshotWriter& writer);
  absl::Status Restore(SnapshotReader& reader);

 private:
  using TimerSet = absl::btree_set<Timer>;

  static int64_t TimeOf(const TimerSet& timers) {
    return timers.empty() ? INT64_MAX : timers.begin()->time_ms;
  }
  StateSchema Schema() const;
  static int64_t CostOf(absl::string_view key);
  absl::Status Charge(const Timer& timer);
  void Discharge(const Timer& timer);
  // Takes the timer out of one of the sets.
  void Remove(TimerSet& from, const Timer& timer);
  void Settle();

  Options options_;
  // Each timer is in one of the first two, a gone one in neither.
  TimerSet settled_;  // The last snapshot has it.
  TimerSet fresh_;
  TimerSet gone_;     // The last snapshot has it all the same.
  int64_t charged_bytes_ = 0;
};

}  // namespace millrace
