#include "runtime/base/memory_charge.h"

#include <utility>

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(MemoryChargeTest, HoldsWhatWasAskedForUntilItGoes) {
  MemoryBudget budget(1 << 20);
  {
    MemoryCharge charge(&budget, "test");
    ASSERT_TRUE(charge.Hold(100).ok());
    EXPECT_EQ(budget.used_bytes(), 16 << 10);
    ASSERT_TRUE(charge.Hold(16 << 10).ok());
    EXPECT_EQ(budget.used_bytes(), 16 << 10);
    ASSERT_TRUE(charge.Hold(100 << 10).ok());
    EXPECT_EQ(budget.used_bytes(), 100 << 10);
    const MemoryCharge moved = std::move(charge);
    EXPECT_EQ(budget.used_bytes(), 100 << 10);
  }
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(MemoryChargeTest, SaysThatNothingIsLeft) {
  MemoryBudget budget(1 << 20);
  MemoryCharge charge(&budget, "test");
  EXPECT_EQ(charge.Hold(2 << 20).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(budget.used_bytes(), 0);
  EXPECT_TRUE(MemoryCharge(nullptr, "test").Hold(2 << 20).ok());
}

}  // namespace
}  // namespace millrace
