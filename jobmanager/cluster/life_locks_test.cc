#include "jobmanager/cluster/life_locks.h"

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

class LifeLocksTest : public ::testing::Test {
 protected:
  std::unique_ptr<LifeLocks> Live(int64_t life, absl::string_view host = "h") {
    auto opened = LifeLocks::Open(&disk_, "/lives", host, life);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  // Whom a sweep takes for dead.
  static std::set<int64_t> Swept(LifeLocks& locks, absl::Status removed = {}) {
    std::set<int64_t> swept;
    EXPECT_EQ(locks.Sweep([&](const std::set<int64_t>& dead) {
      swept = dead;
      return removed;
    }), removed);
    return swept;
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

// Its lock may be held where it runs, and be free as seen from here.
TEST_F(LifeLocksTest, OfAnotherHostNobodyIsKnownToBeDead) {
  const auto me = Live(1, "here");
  Live(2, "there");
  Live(3, "");  // Nobody knows which.
  EXPECT_FALSE(me->IsDead(2));
  EXPECT_FALSE(me->IsDead(3));
  EXPECT_THAT(Swept(*me), ElementsAre());
  EXPECT_EQ(disk_.List("/lives")->size(), 3u);
  const auto nowhere = Live(4, "");
  EXPECT_FALSE(nowhere->IsDead(3));
  EXPECT_THAT(Swept(*nowhere), ElementsAre());
}

TEST_F(LifeLocksTest, ASweepTakesTheDeadAlone) {
  const auto me = Live(1);
  const auto other = Live(2);
  Live(3);
  EXPECT_THAT(Swept(*me), ElementsAre(3));
  EXPECT_EQ(disk_.List("/lives")->size(), 2u);
  EXPECT_FALSE(me->IsDead(3));
  EXPECT_FALSE(other->IsDead(1));
}

// What they left would otherwise stay for ever.
TEST_F(LifeLocksTest, TheDeadStayKnownWhileWhatTheyLeftIsThere) {
  const auto me = Live(1);
  Live(3);
  EXPECT_THAT(Swept(*me, absl::UnavailableError("away")), ElementsAre(3));
  EXPECT_TRUE(me->IsDead(3));
  EXPECT_THAT(Swept(*me), ElementsAre(3));
  EXPECT_FALSE(me->IsDead(3));
}

TEST_F(LifeLocksTest, WhoDiesDuringASweepIsLeftForTheNext) {
  const auto me = Live(1);
  auto other = Live(2);
  ASSERT_TRUE(me->Sweep([&](const std::set<int64_t>&) {
    other.reset();
    return absl::OkStatus();
  }).ok());
  EXPECT_TRUE(me->IsDead(2));
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
