#include "connectors/kafka/exactly_once/sealed_epoch.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

std::vector<OutputRecord> SomeRecords() {
  OutputRecord plain;
  plain.value = "value";
  OutputRecord keyed = plain;
  keyed.topic = 3;
  keyed.partition = 7;
  keyed.timestamp_ms = 1700000000123;
  keyed.key = "";
  keyed.header_count = 1;
  keyed.headers = absl::string_view("\1\0n\2\0\0\0v", 8);
  OutputRecord tombstone;
  tombstone.key = "key";
  return {plain, keyed, tombstone};
}

std::string BlocksOf(const std::vector<OutputRecord>& records) {
  BlockWriter writer;
  std::string blocks;
  for (const OutputRecord& record : records) writer.Append(record, blocks);
  writer.Flush(blocks);
  return blocks;
}

TEST(SealedBlockTest, GivesRecordsBackAsTheyWere) {
  const auto records = SomeRecords();
  const std::string blocks = BlocksOf(records);
  BlockReader reader(blocks);
  for (const OutputRecord& expected : records) {
    const OutputRecord record = **reader.Next();
    EXPECT_EQ(record.topic, expected.topic);
    EXPECT_EQ(record.partition, expected.partition);
    EXPECT_EQ(record.timestamp_ms, expected.timestamp_ms);
    EXPECT_EQ(record.key, expected.key);
    EXPECT_EQ(record.value, expected.value);
    EXPECT_EQ(record.header_count, expected.header_count);
    EXPECT_EQ(record.headers, expected.headers);
  }
  EXPECT_EQ(*reader.Next(), std::nullopt);
}

TEST(SealedBlockTest, CutsBlocksAndLosesNothingBetweenThem) {
  BlockWriter writer;
  std::string blocks;
  const std::string value(1000, 'v');
  const int count = 3 * BlockWriter::kBlockBytes / 1000;
  for (int i = 0; i < count; ++i) {
    OutputRecord record;
    record.value = value;
    writer.Append(record, blocks);
  }
  EXPECT_GT(blocks.size(), 2 * BlockWriter::kBlockBytes);
  writer.Flush(blocks);
  EXPECT_TRUE(CheckBlocks(blocks, count).ok());
  EXPECT_FALSE(CheckBlocks(blocks, count - 1).ok());
}

TEST(SealedBlockTest, NoticesEveryChangedByte) {
  const std::string whole = BlocksOf(SomeRecords());
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] ^= 4;
    EXPECT_TRUE(absl::IsDataLoss(CheckBlocks(damaged, 3))) << i;
    EXPECT_TRUE(absl::IsDataLoss(CheckBlocks(whole.substr(0, i), 3))) << i;
  }
}

const SealedEpoch kEpoch = {
    .lineage = "a0",
    .transactional_id = "job-out-3",
    .commits_topic = "__job_commits",
    .partition = 3,
    .sequence = 12,
    .acknowledged = AcknowledgedMarker{.position = {"b0", 11, 2}, .offset = 9},
    .topics = {"out", "dead"},
    .chunks = {{.size_bytes = 4, .records = 2},
               {.size_bytes = 2, .records = 1}},
    .files = {},
    .inlined = "chunks"};

TEST(SealedEpochTest, IsReadAsItWasWritten) {
  SealedEpoch filed = kEpoch;
  filed.files = {{.name = "a", .size_bytes = 4, .crc32c = 7},
                 {.name = "b", .size_bytes = 2, .crc32c = 8}};
  filed.inlined.clear();
  filed.acknowledged.reset();
  for (const SealedEpoch& epoch : {kEpoch, filed}) {
    EXPECT_EQ(*SealedEpoch::From(epoch.ToCommittable()), epoch);
  }
}

TEST(SealedEpochTest, NoticesDamage) {
  const std::string whole = kEpoch.ToCommittable().bytes;
  const size_t header = whole.size() - kEpoch.inlined.size();
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_TRUE(absl::IsDataLoss(
        SealedEpoch::From({whole.substr(0, i)}).status()))
        << i;
    std::string damaged = whole;
    damaged[i] ^= 4;
    // Chunks have checksums of their own.
    EXPECT_EQ(SealedEpoch::From({damaged}).ok(), i >= header) << i;
  }
}

}  // namespace
}  // namespace millrace::kafka
