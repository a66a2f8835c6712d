#include "taskmanager/latency_interval.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr char kKey[] = "metrics.latency.interval";

TEST(LatencyIntervalTest, IsOneSecondWhereNothingIsSet) {
  EXPECT_EQ(*ParseLatencyInterval({}, {}), absl::Seconds(1));
}

TEST(LatencyIntervalTest, TheJobComesBeforeTheCluster) {
  EXPECT_EQ(*ParseLatencyInterval({{kKey, "200 ms"}}, {{kKey, "5 s"}}),
            absl::Milliseconds(200));
  EXPECT_EQ(*ParseLatencyInterval({}, {{kKey, "5 s"}}), absl::Seconds(5));
}

TEST(LatencyIntervalTest, ANumberAloneIsMilliseconds) {
  EXPECT_EQ(*ParseLatencyInterval({{kKey, "300"}}, {}),
            absl::Milliseconds(300));
}

TEST(LatencyIntervalTest, ZeroIsNever) {
  EXPECT_EQ(*ParseLatencyInterval({{kKey, "0"}}, {}),
            absl::InfiniteDuration());
}

TEST(LatencyIntervalTest, RefusesWhatIsNoDuration) {
  EXPECT_FALSE(ParseLatencyInterval({{kKey, "often"}}, {}).ok());
}

}  // namespace
}  // namespace millrace
