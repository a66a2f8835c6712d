#include "runtime/operators/steady_timer.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

// Two clocks that are set apart.
class TwoClocks final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMillis(wall_ms); }
  int64_t SteadyNanos() const override { return steady_nanos; }

  int64_t wall_ms = 1'000'000;
  int64_t steady_nanos = 77;
};

TEST(SteadyTimerTest, IsDueAfterTheWaitWhateverTheWallSays) {
  TwoClocks clock;
  SteadyTimer timer(&clock);
  EXPECT_EQ(timer.NextTimer(), INT64_MAX);
  timer.SetAfter(absl::Milliseconds(5));
  EXPECT_EQ(timer.NextTimer(), 1'000'005);
  clock.wall_ms = 400;
  clock.steady_nanos += 1'500'000;
  EXPECT_EQ(timer.NextTimer(), 404) << "3.5 ms are left";
  clock.steady_nanos += 3'500'000;
  EXPECT_EQ(timer.NextTimer(), 400) << "now";
}

TEST(SteadyTimerTest, TheFirstWaitCountsUntilItIsCleared) {
  TwoClocks clock;
  SteadyTimer timer(&clock);
  timer.SetAfter(absl::InfiniteDuration());
  EXPECT_EQ(timer.NextTimer(), INT64_MAX);
  timer.SetAfter(absl::Milliseconds(5));
  timer.SetAfter(absl::Milliseconds(9));
  EXPECT_EQ(timer.NextTimer(), 1'000'005);
  timer.Clear();
  EXPECT_EQ(timer.NextTimer(), INT64_MAX);
}

}  // namespace
}  // namespace millrace
