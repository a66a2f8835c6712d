#include "connectors/kafka/waiting_records.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

constexpr int64_t kNow = 1'000'000'000;
const int64_t kGathered =
    kNow + absl::ToInt64Nanoseconds(WaitingRecords::kGather);
const int64_t kLate =
    kNow + absl::ToInt64Nanoseconds(WaitingRecords::kLongestWait);

void PushOne(WaitingRecords& waiting, const std::string& value,
             int64_t now_nanos = kNow) {
  EncodedRecords records = waiting.Fresh();
  EXPECT_EQ(records.size(), 0);
  records.Append("", value, 0);
  waiting.Push(std::move(records), now_nanos);
}

TEST(WaitingRecordsTest, GoSoonWhereAllBeforeIsAnswered) {
  WaitingRecords waiting;
  EXPECT_FALSE(waiting.IsDue(/*is_idle=*/true, kNow)) << "there are none";
  PushOne(waiting, "a");
  EXPECT_FALSE(waiting.IsDue(/*is_idle=*/true, kGathered - 1));
  EXPECT_EQ(waiting.DueNanos(/*is_idle=*/true), kGathered);
  EXPECT_TRUE(waiting.IsDue(/*is_idle=*/true, kGathered));
  EXPECT_FALSE(waiting.IsDue(/*is_idle=*/false, kGathered));
}

TEST(WaitingRecordsTest, WaitForALateAnswerSoLongAndNoLonger) {
  WaitingRecords waiting;
  PushOne(waiting, "a");
  PushOne(waiting, "b", kNow + 1);
  EXPECT_FALSE(waiting.IsDue(/*is_idle=*/false, kLate - 1));
  EXPECT_EQ(waiting.DueNanos(/*is_idle=*/false), kLate);
  EXPECT_TRUE(waiting.IsDue(/*is_idle=*/false, kLate));
  waiting.Pop();
  EXPECT_FALSE(waiting.IsDue(/*is_idle=*/false, kLate)) << "of b's time";
  EXPECT_EQ(waiting.front().value(0), "b");
}

TEST(WaitingRecordsTest, WaitNoLongerThanThereIsRoom) {
  WaitingRecords waiting;
  const std::string half(WaitingRecords::kMostBytes / 2, 'v');
  PushOne(waiting, half);
  EXPECT_FALSE(waiting.IsDue(/*is_idle=*/false, kNow));
  PushOne(waiting, half);
  EXPECT_TRUE(waiting.IsDue(/*is_idle=*/false, kNow));
  EXPECT_TRUE(waiting.is_full());
  waiting.Pop();
  EXPECT_FALSE(waiting.is_full());
}

TEST(WaitingRecordsTest, BatchesWithoutRecordsDoNotWait) {
  WaitingRecords waiting;
  waiting.Push(waiting.Fresh(), kNow);
  EXPECT_TRUE(waiting.is_empty());
}

}  // namespace
}  // namespace millrace::kafka
