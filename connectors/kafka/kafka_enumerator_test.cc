#include "connectors/kafka/kafka_enumerator.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::vector<Split> Partitions(int count, int64_t next_offset = 100) {
  std::vector<Split> splits;
  for (int i = 0; i < count; ++i) {
    splits.push_back(ToSplit({"bids", i, next_offset}));
  }
  return splits;
}

KafkaEnumerator::Options Watching() {
  return {.parallelism = 2, .discovery_interval = absl::Seconds(10)};
}

TEST(KafkaEnumeratorTest, DealsPartitionsOutEvenly) {
  KafkaEnumerator enumerator(Watching());
  std::map<int, int> counts;
  for (const auto& one : enumerator.OnDiscovered(Partitions(8)).assign) {
    ++counts[one.subtask];
  }
  EXPECT_EQ(counts, (std::map<int, int>{{0, 4}, {1, 4}}));
}

TEST(KafkaEnumeratorTest, ReadsLaterPartitionsFromTheirBeginning) {
  KafkaEnumerator enumerator(Watching());
  const auto first = enumerator.OnDiscovered(Partitions(1));
  EXPECT_EQ(FromSplit(first.assign[0].split)->next_offset, 100);

  const auto second = enumerator.OnDiscovered(Partitions(2));
  ASSERT_THAT(second.assign, SizeIs(1));
  EXPECT_EQ(FromSplit(second.assign[0].split)->next_offset,
            PartitionSplit::kEarliest);
  EXPECT_EQ(second.discover_after, absl::Seconds(10));
}

TEST(KafkaEnumeratorTest, KnowsAfterARestoreWhatWasDealtOut) {
  KafkaEnumerator before(Watching());
  before.OnDiscovered(Partitions(3));
  KafkaEnumerator after(Watching());
  ASSERT_TRUE(after.Restore(before.Snapshot()).ok());
  EXPECT_THAT(after.OnDiscovered(Partitions(3)).assign, IsEmpty());
  const auto fourth = after.OnDiscovered(Partitions(4));
  ASSERT_THAT(fourth.assign, SizeIs(1));
  EXPECT_EQ(FromSplit(fourth.assign[0].split)->next_offset,
            PartitionSplit::kEarliest);
}

TEST(KafkaEnumeratorTest, EndsABoundedTableAfterItsFirstDiscovery) {
  KafkaEnumerator enumerator({.parallelism = 2, .bounded = true});
  EXPECT_FALSE(enumerator.OnRequest(0).no_more_splits);
  const auto actions = enumerator.OnDiscovered(Partitions(1));
  EXPECT_TRUE(actions.no_more_splits);
  EXPECT_EQ(actions.discover_after, absl::InfiniteDuration());
}

TEST(KafkaEnumeratorTest, BeginsWhereItsTableSaysWhereNothingWasDealtOut) {
  KafkaEnumerator after(Watching());
  ASSERT_TRUE(after.Restore(KafkaEnumerator(Watching()).Snapshot()).ok());
  const auto first = after.OnDiscovered(Partitions(1));
  ASSERT_THAT(first.assign, SizeIs(1));
  EXPECT_EQ(FromSplit(first.assign[0].split)->next_offset, 100);
  // An empty topic pattern was discovered all the same.
  KafkaEnumerator none(Watching());
  none.OnDiscovered({});
  KafkaEnumerator later(Watching());
  ASSERT_TRUE(later.Restore(none.Snapshot()).ok());
  EXPECT_EQ(FromSplit(later.OnDiscovered(Partitions(1)).assign[0].split)
                ->next_offset,
            PartitionSplit::kEarliest);
  EXPECT_FALSE(later.Restore("2\nbids/0").ok());
}

TEST(KafkaEnumeratorTest, ABoundedTableGetsNoPartitionsAfterARestore) {
  const KafkaEnumerator::Options bounded = {.parallelism = 2, .bounded = true};
  KafkaEnumerator before(bounded);
  before.OnDiscovered(Partitions(1));
  KafkaEnumerator after(bounded);
  ASSERT_TRUE(after.Restore(before.Snapshot()).ok());
  const auto actions = after.OnDiscovered(Partitions(2));
  EXPECT_THAT(actions.assign, IsEmpty());
  EXPECT_TRUE(actions.no_more_splits);
}

TEST(KafkaPositionTest, ReadsWhatItWrites) {
  for (const PartitionSplit& split :
       {PartitionSplit{"a/b", 3, 42, 99}, PartitionSplit{"t", 0}}) {
    EXPECT_EQ(*FromSplit(ToSplit(split)), split);
  }
  EXPECT_FALSE(FromSplit({"t", "1,-"}).ok());
  EXPECT_FALSE(FromSplit({"t/0", "x"}).ok());
}

TEST(KafkaPositionTest, EndsAtItsEndOnly) {
  EXPECT_FALSE((PartitionSplit{"t", 0, 9, 10}).ended());
  EXPECT_TRUE((PartitionSplit{"t", 0, 10, 10}).ended());
  EXPECT_FALSE((PartitionSplit{"t", 0, 10}).ended());
}

}  // namespace
}  // namespace millrace::kafka
