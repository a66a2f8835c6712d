#pragma once

#include <cstdint>
#include <vector>

#include "runtime/operators/split_watermarks.h"

namespace millrace {

// Tells when the splits of a source subtask, and with them the subtask, are
// idle. A split without rows for the time-out, counted only while the reader
// says that there is nothing to read (so not while back-pressured), leaves the
// watermark's minimum; with every split idle the subtask is, and so it is
// after the time-out without any split, lest one that got nothing to read
// holds the others' watermark for ever.
//
// Times are Clock::SteadyNanos. Not thread-safe.
class SourceIdleness {
 public:
  // `timeout_ms` 0 = nothing is ever idle. `splits` outlives this.
  SourceIdleness(int64_t timeout_ms, SplitWatermarks* splits)
      : timeout_nanos_(timeout_ms * 1'000'000), splits_(*splits) {}

  // Call after each SplitWatermarks::AddSplit.
  void OnSplit();
  // The reader had something, if only an end.
  void OnProgress() { last_nothing_nanos_ = -1; }
  // Rows of `split` came; true = the subtask was idle and is not any more.
  bool OnRows(int split);

  // The reader has nothing, or there is no split to read: true = the subtask
  // has just become idle.
  bool OnNothing(int64_t now_nanos);
  bool OnNoSplit(int64_t now_nanos);

  // After those: when to call again, if nothing comes; INT64_MAX = never.
  int64_t due_nanos() const { return due_nanos_; }

 private:
  const int64_t timeout_nanos_;
  SplitWatermarks& splits_;
  std::vector<int64_t> idle_nanos_;    // Of each split, since its last row.
  int64_t last_nothing_nanos_ = -1;    // -1: the last poll brought something.
  int64_t no_split_since_nanos_ = -1;  // -1: there are open splits.
  int64_t due_nanos_ = INT64_MAX;
  bool idle_ = false;
};

}  // namespace millrace
