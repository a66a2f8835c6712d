#include "runtime/operators/split_watermarks.h"

#include <algorithm>

#include "runtime/base/watermark_holder.h"

namespace millrace {

void SplitWatermarks::Raise(int split, int64_t watermark_ms) {
  int64_t& current = splits_[split].watermark_ms;
  current = std::max(current, watermark_ms);
}

int SplitWatermarks::open_count() const {
  return static_cast<int>(
      std::count_if(splits_.begin(), splits_.end(),
                    [](const Split& split) { return !split.finished; }));
}

std::optional<int> SplitWatermarks::Holder() const {
  return WatermarkHolder<Split>(splits_, Counts);
}

std::optional<int64_t> SplitWatermarks::Merged() const {
  const std::optional<int> holder = Holder();
  if (!holder) return std::nullopt;
  return splits_[*holder].watermark_ms;
}

int64_t SplitWatermarks::LeastOfOthers(int split) const {
  int64_t least = kMaxWatermark;
  for (int i = 0; i < split_count(); ++i) {
    if (i == split || !Counts(splits_[i])) continue;
    least = std::min(least, splits_[i].watermark_ms);
  }
  return least;
}

int64_t SplitWatermarks::GreatestOpen() const {
  int64_t greatest = kMinWatermark;
  for (const Split& split : splits_) {
    if (!split.finished) greatest = std::max(greatest, split.watermark_ms);
  }
  return greatest;
}

bool SplitWatermarks::AllIdle() const {
  bool any_open = false;
  for (const Split& split : splits_) {
    if (split.finished) continue;
    if (!split.idle) return false;
    any_open = true;
  }
  return any_open;
}

}  // namespace millrace
