#include "runtime/exchange/credit_ledger.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(SenderCreditTest, HasNoneBeforeTheFirstLimit) {
  EXPECT_FALSE(SenderCredit().MaySend());
}

TEST(SenderCreditTest, WhatCrossesTheLimitIsStillSent) {
  SenderCredit credit;
  credit.Raise(1000);
  credit.Sent(999);
  EXPECT_TRUE(credit.MaySend());
  credit.Sent(50'000);
  EXPECT_FALSE(credit.MaySend());
  credit.Raise(50'999);
  EXPECT_FALSE(credit.MaySend());
  credit.Raise(51'000);
  EXPECT_TRUE(credit.MaySend());
}

TEST(SenderCreditTest, AnOldLimitChangesNothing) {
  SenderCredit credit;
  credit.Raise(1000);
  credit.Raise(500);
  credit.Sent(600);
  credit.Raise(1000);
  EXPECT_TRUE(credit.MaySend());
  credit.Sent(400);
  EXPECT_FALSE(credit.MaySend());
}

TEST(ReceiverCreditTest, SaysANewLimitEachQuarterOfTheWindow) {
  ReceiverCredit credit(1000);
  EXPECT_EQ(credit.limit_bytes(), 1000);
  struct Step {
    int64_t passed;
    std::optional<int64_t> limit;
  };
  const std::vector<Step> table = {
      {100, std::nullopt}, {149, std::nullopt}, {1, 1250},
      {249, std::nullopt}, {1, 1500},           {5000, 6500}};
  for (const Step& step : table) {
    EXPECT_EQ(credit.Passed(step.passed), step.limit) << step.passed;
  }
  EXPECT_EQ(credit.limit_bytes(), 6500);
}

TEST(ReceiverCreditTest, KnowsASenderThatKeepsNoRules) {
  ReceiverCredit credit(1000);
  EXPECT_TRUE(credit.Received(999));
  EXPECT_TRUE(credit.Received(7000));
  EXPECT_FALSE(credit.Received(1));
}

// Whatever the events cost: when nothing is left anywhere, more may be sent.
TEST(CreditTest, NeverEndsUpWithNothingUnderWayAndNoCredit) {
  for (const int64_t cost : {1, 3, 249, 250, 251, 999, 1000, 1001, 80'000}) {
    SenderCredit sender;
    ReceiverCredit receiver(1000);
    sender.Raise(receiver.limit_bytes());
    for (int turn = 0; turn < 2000; ++turn) {
      ASSERT_TRUE(sender.MaySend()) << cost;
      int sent = 0;
      for (; sender.MaySend(); ++sent) {
        sender.Sent(cost);
        ASSERT_TRUE(receiver.Received(cost));
      }
      ASSERT_LT((sent - 1) * cost, 1000) << "the window and one event";
      for (; sent > 0; --sent) {
        if (const auto limit = receiver.Passed(cost)) sender.Raise(*limit);
      }
    }
  }
}

}  // namespace
}  // namespace millrace
