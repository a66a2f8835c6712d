#include "jobmanager/cluster/life_locks.h"

#include <memory>
#include <optional>

#include "gtest/gtest.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

class LifeLocksTest : public ::testing::Test {
 protected:
  std::unique_ptr<LifeLocks> Live(int64_t life) {
    auto opened = LifeLocks::Open(&disk_, "/lives", life);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  SimDisk disk_{1};
};

TEST_F(LifeLocksTest, WhoHasEndedIsDeadAndWhoLivesIsNot) {
  const auto me = Live(0x1f);
  auto other = Live(0x2f);
  EXPECT_FALSE(me->IsDead(0x2f));
  EXPECT_FALSE(other->IsDead(0x1f));
  other.reset();
  EXPECT_TRUE(me->IsDead(0x2f));
  EXPECT_TRUE(me->IsDead(0x2f));  // To have looked is no life.
}

TEST_F(LifeLocksTest, OfWhoWasNeverHereNothingIsKnown) {
  EXPECT_FALSE(Live(1)->IsDead(9));
}

TEST_F(LifeLocksTest, ASweepTakesTheDeadAlone) {
  const auto me = Live(1);
  const auto other = Live(2);
  Live(3);
  me->Sweep();
  EXPECT_EQ(disk_.List("/lives")->size(), 2u);
  EXPECT_FALSE(me->IsDead(3));
  EXPECT_FALSE(other->IsDead(1));
}

// No disk is no death.
TEST_F(LifeLocksTest, NobodyIsDeadWhoCannotBeLookedFor) {
  const auto me = Live(1);
  Live(2);
  disk_.set_faults({.io_error = 1});
  EXPECT_FALSE(me->IsDead(2));
}

}  // namespace
}  // namespace millrace
