#include "connectors/kafka/exactly_once/tries.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

TEST(TriesTest, TheNextWaitsTwiceAsLongUpToTheLongest) {
  Tries tries;
  EXPECT_EQ(tries.TakeWait(), absl::ZeroDuration());
  absl::Duration wait = Tries::kFirstWait;
  for (int i = 0; i < 100; ++i) {
    tries.Fail();
    EXPECT_EQ(tries.TakeWait(), wait) << i;
    EXPECT_EQ(tries.TakeWait(), absl::ZeroDuration()) << "one waits, once";
    wait = std::min(2 * wait, Tries::kLongestWait);
  }
  tries.Succeed();
  tries.Fail();
  EXPECT_EQ(tries.TakeWait(), Tries::kFirstWait);
}

TEST(TriesTest, WhatIsRefusedWaitsLongerUntilThatIsForgotten) {
  Tries tries;
  absl::Duration wait = Tries::kFirstParkedWait;
  for (int i = 0; i < 100; ++i) {
    tries.Refuse();
    tries.Fail();
    EXPECT_EQ(tries.TakeWait(), wait) << i;
    wait = std::min(2 * wait, Tries::kLongestParkedWait);
  }
  tries.ForgetRefusals();
  tries.Succeed();
  tries.Fail();
  EXPECT_EQ(tries.TakeWait(), Tries::kFirstWait);
}

TEST(TriesTest, AreStuckHoweverOftenTheTopicsAreFine) {
  Tries tries;
  for (int i = 0; i < Tries::kLookAgain; ++i) {
    EXPECT_FALSE(tries.are_stuck());
    tries.Fail();
    tries.BeginAnew();
  }
  EXPECT_TRUE(tries.are_stuck());
  EXPECT_EQ(tries.fruitless(), Tries::kLookAgain);
  tries.Succeed();
  EXPECT_FALSE(tries.are_stuck()) << "something was committed";
}

TEST(TriesTest, WantALookAfterSoMany) {
  Tries tries;
  for (int i = 1; i <= 3 * Tries::kLookAgain; ++i) {
    tries.Fail();
    EXPECT_EQ(tries.want_a_look(), i % Tries::kLookAgain == 0) << i;
  }
}

}  // namespace
}  // namespace millrace::kafka
