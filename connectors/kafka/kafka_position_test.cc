#include "connectors/kafka/kafka_position.h"

#include "gtest/gtest.h"

namespace millrace::kafka::kafka_position_test {
namespace {

TEST(KafkaPositionTest, IsWhatItWasAfterACheckpoint) {
  for (const PartitionSplit& partition :
       {PartitionSplit{.topic = "bids", .partition = 3, .next_offset = 42},
        PartitionSplit{.topic = "a/b", .next_offset = 0, .end_offset = 9},
        PartitionSplit{.topic = "bids", .cluster = "Zx-_9"},
        PartitionSplit{.topic = "bids", .next_offset = 42, .cluster = "Zx-_9",
                       .mark_offset = 40, .mark_hash = 0xFEDCBA9876543210},
        PartitionSplit{.topic = "bids", .next_offset = 1, .mark_offset = 0}}) {
    const auto back = FromSplit(ToSplit(partition));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, partition) << ToSplit(partition).position;
  }
}

TEST(KafkaPositionTest, OfTheFirstFormatKnowsNeitherClusterNorMark) {
  const auto partition = FromSplit({"bids/1", "42,-"});
  ASSERT_TRUE(partition.ok()) << partition.status();
  EXPECT_EQ(*partition, (PartitionSplit{.topic = "bids", .partition = 1,
                                        .next_offset = 42}));
}

TEST(KafkaPositionTest, NotesWhatIsNone) {
  for (const Split& split :
       {Split{"bids", "42,-"}, Split{"bids/x", "42,-"}, Split{"bids/1", "42"},
        Split{"bids/1", "42,-,c"}, Split{"bids/1", "42,-,c,40"},
        Split{"bids/1", "42,-,c,40:xyz"}}) {
    EXPECT_FALSE(FromSplit(split).ok()) << split.id << " " << split.position;
  }
}

}  // namespace
}  // namespace millrace::kafka::kafka_position_test
