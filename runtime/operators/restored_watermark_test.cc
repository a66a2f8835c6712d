#include "runtime/operators/restored_watermark.h"

#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/event_time.h"
#include "state/memory_snapshot.h"

namespace millrace {
namespace {

absl::StatusOr<int64_t> Restored(const std::vector<std::string>& items) {
  MemorySnapshot snapshot;
  EXPECT_TRUE(
      snapshot.OperatorState("mark", Redistribution::kUnion, items).ok());
  const auto reader = snapshot.Read({.range = {KeyGroup(0), KeyGroup(1)}});
  return RestoredWatermark("mark", *reader);
}

TEST(RestoredWatermarkTest, IsTheLeastOfAllSubtasks) {
  EXPECT_EQ(*Restored({"7", "-3", "12"}), -3);
  EXPECT_EQ(*Restored({std::to_string(kMaxWatermark)}), kMaxWatermark);
}

TEST(RestoredWatermarkTest, BeginsBeforeAllTimeWhereThereWasNone) {
  EXPECT_EQ(*Restored({}), kMinWatermark);
}

TEST(RestoredWatermarkTest, WhatIsNoNumberIsDamage) {
  EXPECT_TRUE(absl::IsDataLoss(Restored({"7", "x"}).status()));
}

}  // namespace
}  // namespace millrace
