#include "state/timers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "state/memory_snapshot.h"

namespace millrace {
namespace {

using testing::ElementsAre;

// "time key" of every timer due at `now_ms`.
std::vector<std::string> Due(Timers& timers, int64_t now_ms,
                             size_t limit = 100) {
  std::vector<Timers::Timer> due;
  timers.PopDue(now_ms, limit, due);
  std::vector<std::string> texts;
  for (const auto& timer : due) {
    texts.push_back(std::to_string(timer.time_ms) + " " + timer.key);
  }
  return texts;
}

TEST(TimersTest, PopsWhatIsDueInOrderOfTime) {
  Timers timers({});
  ASSERT_TRUE(timers.Register(20, "b").ok());
  ASSERT_TRUE(timers.Register(-5, "a").ok());
  ASSERT_TRUE(timers.Register(10, "a").ok());
  EXPECT_EQ(timers.NextTime(), -5);
  EXPECT_THAT(Due(timers, 10), ElementsAre("-5 a", "10 a"));
  EXPECT_EQ(timers.NextTime(), 20);
  EXPECT_THAT(Due(timers, 19), ElementsAre());
  EXPECT_THAT(Due(timers, 20), ElementsAre("20 b"));
  EXPECT_EQ(timers.NextTime(), INT64_MAX);
}

TEST(TimersTest, OneTimerForATimeAndKey) {
  Timers timers({});
  ASSERT_TRUE(timers.Register(1, "a").ok());
  ASSERT_TRUE(timers.Register(1, "a").ok());
  timers.Erase(1, "b");
  EXPECT_THAT(Due(timers, 1), ElementsAre("1 a"));
}

TEST(TimersTest, ErasedTimersDoNotFire) {
  Timers timers({});
  ASSERT_TRUE(timers.Register(1, "a").ok());
  timers.Erase(1, "a");
  EXPECT_THAT(Due(timers, 100), ElementsAre());
}

TEST(TimersTest, PopsNoMoreThanAsked) {
  Timers timers({});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(timers.Register(i, "k").ok());
  EXPECT_THAT(Due(timers, 100, 2), ElementsAre("0 k", "1 k"));
  EXPECT_EQ(timers.size(), 3);
}

TEST(TimersTest, ComesBackFromASnapshotSplitByKeyGroup) {
  Timers timers({});
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(timers.Register(i - 25, "key " + std::to_string(i)).ok());
  }
  MemorySnapshot snapshot;
  ASSERT_TRUE(timers.Snapshot(snapshot).ok());
  size_t restored = 0;
  for (int subtask = 0; subtask < 3; ++subtask) {
    Timers part({});
    const auto reader = snapshot.Read(
        {.range = KeyGroupsOf(SubtaskIndex(subtask), 3, 128)});
    ASSERT_TRUE(part.Restore(*reader).ok());
    restored += part.size();
  }
  EXPECT_EQ(restored, 50);
}

TEST(TimersTest, WritesWhatCameAndWentSinceTheLastSnapshot) {
  Timers timers({});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(timers.Register(i, "k").ok());
  MemorySnapshot stored;
  ASSERT_TRUE(timers.Snapshot(stored).ok());
  EXPECT_EQ(Due(timers, 3).size(), 4);
  ASSERT_TRUE(timers.Register(2, "k").ok());    // Is there again.
  ASSERT_TRUE(timers.Register(100, "k").ok());
  ASSERT_TRUE(timers.Register(101, "k").ok());
  timers.Erase(101, "k");                       // Never was.
  MemorySnapshot changes(SnapshotWriter::Extent::kChanges);
  ASSERT_TRUE(timers.Snapshot(changes).ok());
  EXPECT_EQ(changes.entry_count(), 1 + 3);
  stored.Add(changes);
  MemorySnapshot whole;
  ASSERT_TRUE(timers.Snapshot(whole).ok());
  EXPECT_EQ(stored.Text(), whole.Text());
  EXPECT_EQ(timers.NextTime(), 2);
}

TEST(TimersTest, StopsAtItsBudgetAndGivesItBack) {
  MemoryBudget memory(200);
  {
    Timers timers({.memory = &memory, .owner = "test"});
    absl::Status status;
    for (int i = 0; i < 100 && status.ok(); ++i) {
      status = timers.Register(i, "");
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_LT(timers.size(), 100);
  }
  EXPECT_EQ(memory.used_bytes(), 0);
}

}  // namespace
}  // namespace millrace
