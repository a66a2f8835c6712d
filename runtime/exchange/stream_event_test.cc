#include "runtime/exchange/stream_event.h"

#include <cstdint>
#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace millrace::stream_event_test {
namespace {

TEST(BarrierEventTest, SaysNoDelayOfATimeThatCannotBe) {
  struct Case {
    int64_t triggered_micros;
    int64_t delay_nanos;
  };
  for (const Case& one : std::vector<Case>{
           {1'000'000'000'000'000, 7'000'000},
           {1'000'000'000'007'000, 0},
           {1'000'000'000'009'000, 0},
           {0, 0},  // Not set.
           {-1, 0},
           {std::numeric_limits<int64_t>::min(), 0},
           {std::numeric_limits<int64_t>::max(), 0}}) {
    const BarrierEvent barrier = {CheckpointId(1), one.triggered_micros};
    EXPECT_EQ(barrier.DelayNanos(1'000'000'000'007'000), one.delay_nanos)
        << one.triggered_micros;
  }
}

}  // namespace
}  // namespace millrace::stream_event_test
