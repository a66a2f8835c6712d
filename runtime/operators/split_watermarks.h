#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/base/event_time.h"

namespace millrace {

// The watermarks of the splits that one source subtask reads: each split's is
// the greatest of its rows so far, the subtask's is the least of its splits'.
//
// An assigned split holds the subtask's watermark at kMinWatermark until its
// first row, so that what lies in a later split is not late. A finished split
// leaves, an idle one leaves until its next row. Not thread-safe.
class SplitWatermarks {
 public:
  // The split gets the next index, counted from 0.
  void AddSplit() { splits_.emplace_back(); }

  void Raise(int split, int64_t watermark_ms);
  void SetIdle(int split, bool idle) { splits_[split].idle = idle; }
  void Finish(int split) { splits_[split].finished = true; }

  int64_t watermark(int split) const { return splits_[split].watermark_ms; }
  bool is_idle(int split) const { return splits_[split].idle; }
  bool is_finished(int split) const { return splits_[split].finished; }
  int split_count() const { return static_cast<int>(splits_.size()); }
  int open_count() const;

  // The least watermark of the splits that count; nullopt when none does.
  std::optional<int64_t> Merged() const;
  // The same without `split`; kMaxWatermark when no other split counts.
  int64_t LeastOfOthers(int split) const;
  // The greatest watermark of any open split, idle or not.
  int64_t GreatestOpen() const;
  // The split that Merged waits for.
  std::optional<int> Holder() const;
  // Whether there are open splits and all of them are idle.
  bool AllIdle() const;

 private:
  struct Split {
    int64_t watermark_ms = kMinWatermark;
    bool idle = false;
    bool finished = false;
  };

  static bool Counts(const Split& split) {
    return !split.finished && !split.idle;
  }

  std::vector<Split> splits_;
};

}  // namespace millrace
