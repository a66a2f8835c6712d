#include "jobmanager/rest/rate_book.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

// One counter that began at second 0.
class RateBookTest : public testing::Test {
 protected:
  double At(double second, int64_t count) {
    return book_.Rate("rows", count, absl::UnixEpoch(),
                      absl::UnixEpoch() + absl::Seconds(second));
  }
  RateBook book_;
};

TEST_F(RateBookTest, TheFirstLookIsSinceTheBeginning) {
  EXPECT_EQ(At(0, 0), 0);
  EXPECT_EQ(RateBook().Rate("x", 100, absl::UnixEpoch(),
                            absl::UnixEpoch() + absl::Seconds(10)),
            10);
}

TEST_F(RateBookTest, LaterOnesAreSinceTheOneBefore) {
  At(10, 100);
  EXPECT_EQ(At(12, 300), 100);
  EXPECT_EQ(At(15, 300), 0);
}

TEST_F(RateBookTest, TwoWhoLookAtOnceSeeTheSame) {
  At(10, 100);
  EXPECT_EQ(At(12, 300), 100);
  EXPECT_EQ(At(12, 300), 100);
  EXPECT_EQ(At(12.5, 350), 100);
}

TEST_F(RateBookTest, ACounterThatBeganAnewHasNoPast) {
  At(10, 100);
  EXPECT_EQ(At(20, 40), 2);
}

TEST_F(RateBookTest, WhatNobodyLooksAtIsForgotten) {
  At(10, 100);
  EXPECT_EQ(At(200, 400), 2);
}

}  // namespace
}  // namespace millrace
