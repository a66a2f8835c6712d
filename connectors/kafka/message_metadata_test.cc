#include "connectors/kafka/message_metadata.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

using testing::HasSubstr;

TableDescriptor With(const char* key, LogicalType type, bool is_virtual) {
  return {.name = "t", .columns = {{"c", std::move(type), key, is_virtual}}};
}

TEST(MessageMetadataTest, TakesWhatFlinksDocumentsDeclare) {
  EXPECT_TRUE(
      CheckMetadata(With("partition", LogicalType::BigInt(), true)).ok());
  EXPECT_TRUE(
      CheckMetadata(With("timestamp", LogicalType::Timestamp(3), false)).ok());
  EXPECT_TRUE(CheckMetadata(With("headers",
                                 LogicalType::Map(LogicalType::String(),
                                                  LogicalType::Bytes()),
                                 true))
                  .ok());
}

TEST(MessageMetadataTest, RefusesOtherKeysAndTypes) {
  EXPECT_EQ(CheckMetadata(With("ofset", LogicalType::BigInt(), true)).message(),
            "SQL-0315: there is no metadata 'ofset', at connector 'kafka', "
            "column c. It has topic, partition, headers, offset, timestamp, "
            "timestamp-type.");
  EXPECT_EQ(
      CheckMetadata(With("offset", LogicalType::Integer(), true)).message(),
      "SQL-0315: metadata 'offset' cannot be read as INT, at connector "
      "'kafka', column c. Declare it as BIGINT.");
}

TEST(MessageMetadataTest, WritesTheTimeAndNothingElse) {
  EXPECT_TRUE(CheckWrittenMetadata(
                  With("timestamp", LogicalType::TimestampLtz(3), false))
                  .ok());
  EXPECT_TRUE(
      CheckWrittenMetadata(With("offset", LogicalType::BigInt(), true)).ok());
  EXPECT_EQ(CheckWrittenMetadata(With("offset", LogicalType::BigInt(), false))
                .message(),
            "SQL-0316: metadata 'offset' cannot be written, at connector "
            "'kafka', table 't', column c: only 'timestamp' can. Declare the "
            "column METADATA ... VIRTUAL.");
}

TEST(MessageMetadataTest, KnowsWhatClocksShow) {
  const absl::TimeZone zone = absl::FixedTimeZone(5 * 3600 + 1800);
  for (const int64_t utc : {0L, 1'700'000'000'123L, -1L}) {
    EXPECT_EQ(ToLocalMillis(utc, zone), utc + 19'800'000);
    EXPECT_EQ(ToUtcMillis(ToLocalMillis(utc, zone), zone), utc);
  }
}

}  // namespace
}  // namespace millrace::kafka
