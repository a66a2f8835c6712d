#include "taskmanager/periodic_checkpoints.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr char kInterval[] = "execution.checkpointing.interval";

TEST(PeriodicCheckpointsTest, AreTakenWhereNothingIsSet) {
  EXPECT_TRUE(*TakesPeriodicCheckpoints({}, {}));
}

TEST(PeriodicCheckpointsTest, AreNotTakenWhereJobOrClusterSaysZero) {
  EXPECT_FALSE(*TakesPeriodicCheckpoints({{kInterval, "0"}}, {}));
  EXPECT_FALSE(*TakesPeriodicCheckpoints({}, {{kInterval, "0 s"}}));
}

TEST(PeriodicCheckpointsTest, TheJobComesBeforeTheCluster) {
  EXPECT_TRUE(
      *TakesPeriodicCheckpoints({{kInterval, "1 s"}}, {{kInterval, "0"}}));
  EXPECT_FALSE(
      *TakesPeriodicCheckpoints({{kInterval, "0"}}, {{kInterval, "1 s"}}));
}

}  // namespace
}  // namespace millrace
