#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/base/event_time.h"

namespace millrace {

// The watermark of several channels: the minimum of those that count.
//
// - An idle channel leaves the minimum. One that wakes up counts again once
//   its watermark has reached the merged one; until then its rows are late.
// - A finished channel leaves for ever, and so does one whose watermark is
//   kMaxWatermark: the end of one channel says nothing about the others. Only
//   when every channel has finished is the merged watermark kMaxWatermark.
//   (That a finished channel beside idle ones pushed the merged watermark to
//   the end is FLINK-38477.)
// - With every unfinished channel idle, the merged watermark is the greatest
//   of theirs, as if they had gone idle in the order of their watermarks, and
//   the output is idle.
// - The merged watermark never goes back, nor behind the restored one.
//
// A state machine without clock or I/O.
class WatermarkMerger {
 public:
  // What changed, to be passed on, the watermark first.
  struct Outcome {
    std::optional<int64_t> watermark;
    std::optional<bool> idle;

    friend bool operator==(const Outcome&, const Outcome&) = default;
  };

  explicit WatermarkMerger(int channels, int64_t restored = kMinWatermark)
      : channels_(channels), merged_(restored) {}

  Outcome OnWatermark(int channel, int64_t watermark_ms);
  Outcome OnIdle(int channel, bool idle);
  Outcome OnFinished(int channel);

  int64_t merged() const { return merged_; }
  int64_t watermark(int channel) const {
    return channels_[channel].watermark_ms;
  }
  // The channel whose watermark the merged one waits for; nullopt when none
  // counts.
  std::optional<int> Holder() const;

 private:
  struct Channel {
    int64_t watermark_ms = kMinWatermark;
    bool idle = false;
    bool finished = false;
    // Woke up behind the merged watermark and has not caught up.
    bool behind = false;
  };

  static bool Counts(const Channel& channel) {
    return !channel.finished && !channel.idle && !channel.behind;
  }
  Outcome Merge();

  std::vector<Channel> channels_;
  int64_t merged_;
  bool idle_ = false;
};

}  // namespace millrace
