#include "runtime/base/spare_memory.h"

#include <memory>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr int64_t kMany = 1 << 30;

TEST(SpareMemoryTest, IsFilledUpEvenly) {
  EXPECT_EQ(SpareMemory::FairPart(90, kMany, {}), 90);
  EXPECT_EQ(SpareMemory::FairPart(90, 40, {}), 40);
  EXPECT_EQ(SpareMemory::FairPart(90, kMany, {kMany, kMany}), 30);
  EXPECT_EQ(SpareMemory::FairPart(90, kMany, {10, kMany}), 40);
  EXPECT_EQ(SpareMemory::FairPart(90, kMany, {10, 20}), 60);
  EXPECT_EQ(SpareMemory::FairPart(90, 35, {kMany, 10}), 35);
  EXPECT_EQ(SpareMemory::FairPart(-5, 35, {kMany, 10}), 0);
}

TEST(SpareMemoryTest, OneThatWantsMuchHasWhatOthersDoNotNeed) {
  const auto spare = std::make_shared<SpareMemory>(800);
  SpareMemory::Member one(spare);
  EXPECT_EQ(one.Ask({0, 800}), 800);
  EXPECT_EQ(one.Ask({300, 801}), 300);
  SpareMemory::Member two(spare);
  // A hundred each are their own.
  EXPECT_EQ(one.Ask({300, 701}), 300);
  EXPECT_EQ(one.Ask({300, 600}), 600);
  EXPECT_EQ(two.Ask({50, 201}), 50);
  EXPECT_EQ(two.Ask({50, 200}), 200);
  EXPECT_EQ(one.Ask({600, 600}), 600);
}

TEST(SpareMemoryTest, WhatIsLentComesBackWhenItsBorrowerAsks) {
  const auto spare = std::make_shared<SpareMemory>(800);
  SpareMemory::Member one(spare);
  SpareMemory::Member two(spare);
  EXPECT_EQ(one.Ask({0, 700}), 700);
  EXPECT_EQ(one.Ask({700, 700}), 700);
  // Its own part, beside one that sleeps on what it has.
  EXPECT_EQ(two.Ask({0, 100}), 100);
  EXPECT_EQ(two.Ask({100, 400}), 100);
  EXPECT_EQ(one.Ask({700, 700}), 400);
  EXPECT_EQ(one.Ask({350, 700}), 350);
  EXPECT_EQ(two.Ask({100, 400}), 400);
}

TEST(SpareMemoryTest, TheBudgetComesFirst) {
  MemoryBudget budget(1600);  // 200 of it stay free.
  const auto spare = std::make_shared<SpareMemory>(1000, &budget);
  SpareMemory::Member one(spare);
  EXPECT_EQ(one.Ask({0, 600}), 600);
  ASSERT_TRUE(budget.Take(600, "one").ok());
  // A copy of 900 beside the 600 fits.
  EXPECT_EQ(one.Ask({600, 900}), 900);
  ASSERT_TRUE(budget.Take(200, "windows").ok());
  EXPECT_EQ(one.Ask({600, 900}), 600);
  ASSERT_TRUE(budget.Take(700, "windows").ok());
  EXPECT_EQ(one.Ask({600, 600}), 500);
}

// Its room is seen in the budget before its member has said so: nobody gives
// back for it twice.
TEST(SpareMemoryTest, APromiseThatIsTakenCountsOnce) {
  MemoryBudget budget(1600);  // 200 of it stay free.
  const auto spare = std::make_shared<SpareMemory>(1200, &budget);
  SpareMemory::Member one(spare);
  SpareMemory::Member two(spare);
  ASSERT_TRUE(budget.Take(300, "one").ok());
  ASSERT_TRUE(budget.Take(400, "two").ok());
  EXPECT_EQ(two.Ask({400, 400}), 400);
  EXPECT_EQ(one.Ask({300, 700}), 700);
  ASSERT_TRUE(budget.Take(400, "one").ok());
  EXPECT_EQ(two.Ask({400, 400}), 400);
  // As long as it is not said, there is no room for more.
  EXPECT_EQ(two.Ask({400, 500}), 400);
  EXPECT_EQ(one.Ask({700, 700}), 700);
  EXPECT_EQ(two.Ask({400, 500}), 500);
}

TEST(SpareMemoryTest, WhatIsNotCopiedMayTakeAllThatIsLeft) {
  MemoryBudget budget(1600);
  const auto spare = std::make_shared<SpareMemory>(1200, &budget);
  SpareMemory::Member one(spare);
  ASSERT_TRUE(budget.Take(1000, "one").ok());
  EXPECT_EQ(one.Ask({1000, 1200}), 1000);
  EXPECT_EQ(one.Ask({1000, 1200, /*is_copied=*/false}), 1200);
  EXPECT_EQ(one.Ask({1000, 1201, /*is_copied=*/false}), 1000);
}

// Whoever grows does so within what it was allowed, and some never do.
TEST(SpareMemoryTest, IsNeverLentTwice) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto spare = std::make_shared<SpareMemory>(1000);
    std::vector<std::unique_ptr<SpareMemory::Member>> members(
        2 + random() % 6);
    for (auto& member : members) {
      member = std::make_unique<SpareMemory::Member>(spare);
    }
    std::vector<int64_t> held(members.size());
    for (int step = 0; step < 100; ++step) {
      const size_t i = random() % members.size();
      const auto wanted = static_cast<int64_t>(random() % 1500);
      // What it holds then is said with its next question.
      held[i] = members[i]->Ask({held[i], wanted});
      int64_t all = 0;
      for (const int64_t bytes : held) all += bytes;
      ASSERT_LE(all, 1000);
    }
  }
}

}  // namespace
}  // namespace millrace
