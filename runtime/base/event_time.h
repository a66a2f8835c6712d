#pragma once

#include <cstdint>

namespace millrace {

// Event times in milliseconds since the epoch. A watermark t says "no row with
// event_time <= t follows".
inline constexpr int64_t kMinWatermark = INT64_MIN;
inline constexpr int64_t kMaxWatermark = INT64_MAX;  // The end of the input.

}  // namespace millrace
