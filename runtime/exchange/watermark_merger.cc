#include "runtime/exchange/watermark_merger.h"

#include <algorithm>

#include "runtime/base/watermark_holder.h"

namespace millrace {

WatermarkMerger::Outcome WatermarkMerger::OnWatermark(int index,
                                                      int64_t watermark_ms) {
  Channel& channel = channels_[index];
  if (watermark_ms == kMaxWatermark) return OnFinished(index);
  channel.watermark_ms = std::max(channel.watermark_ms, watermark_ms);
  if (channel.idle) {
    channel.idle = false;
    channel.behind = true;
  }
  if (channel.watermark_ms >= merged_) channel.behind = false;
  return Merge();
}

WatermarkMerger::Outcome WatermarkMerger::OnIdle(int index, bool idle) {
  Channel& channel = channels_[index];
  if (channel.idle == idle) return {};
  channel.idle = idle;
  channel.behind = !idle && channel.watermark_ms < merged_;
  return Merge();
}

WatermarkMerger::Outcome WatermarkMerger::OnFinished(int index) {
  channels_[index].finished = true;
  return Merge();
}

std::optional<int> WatermarkMerger::Holder() const {
  return WatermarkHolder<Channel>(channels_, Counts);
}

WatermarkMerger::Outcome WatermarkMerger::Merge() {
  bool all_finished = true;
  bool all_idle = true;
  int64_t greatest_idle = kMinWatermark;
  for (const Channel& channel : channels_) {
    if (channel.finished) continue;
    all_finished = false;
    if (channel.idle) {
      greatest_idle = std::max(greatest_idle, channel.watermark_ms);
    } else {
      all_idle = false;
    }
  }
  int64_t merged = merged_;
  if (all_finished) {
    merged = kMaxWatermark;
    all_idle = false;
  } else if (all_idle) {
    merged = greatest_idle;
  } else if (const auto holder = Holder()) {
    merged = channels_[*holder].watermark_ms;
  }

  Outcome outcome;
  if (merged > merged_) {
    merged_ = merged;
    outcome.watermark = merged;
  }
  if (all_idle != idle_) {
    idle_ = all_idle;
    outcome.idle = all_idle;
  }
  return outcome;
}

}  // namespace millrace
