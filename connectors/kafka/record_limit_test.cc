#include "connectors/kafka/record_limit.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace::kafka {
namespace {

using ::testing::HasSubstr;

struct LimitCase {
  const char* name;
  absl::btree_map<std::string, std::string> properties;
  absl::btree_map<std::string, std::string> topic;
  int64_t bytes;
  const char* why;
};

TEST(RecordLimitTest, IsTheSmallestThatAnybodyHas) {
  const LimitCase cases[] = {
      {"nobody may say anything", {}, {}, 1'048'588, "allow DESCRIBE_CONFIGS"},
      {"the table, as the topic may not",
       {{"message.max.bytes", "5000000"}},
       {},
       5'000'000,
       "'properties.message.max.bytes'"},
      {"the topic", {}, {{"max.message.bytes", "1000"}}, 1000,
       "max.message.bytes of the topic"},
      {"a topic without bounds",
       {},
       {{"max.message.bytes", "2000000000"}},
       32 << 20,
       "a client keeps no more"},
      {"the client",
       {{"message.max.bytes", "500"}},
       {{"max.message.bytes", "1000"}},
       500,
       "'properties.message.max.bytes'"},
      {"the client's queue",
       {{"queue.buffering.max.kbytes", "1"}},
       {},
       1024,
       "'properties.queue.buffering.max.kbytes'"}};
  for (const LimitCase& one : cases) {
    SCOPED_TRACE(one.name);
    KafkaSettings settings;
    settings.topics = {"out"};
    settings.properties.values = one.properties;
    settings.properties.values["bootstrap.servers"] = "b:1";
    const RecordLimit limit(settings, {.name = "out", .config = one.topic});
    EXPECT_EQ(limit.bytes(), one.bytes);
    const std::string value(one.bytes - 128 - 3, 'v');
    OutputRecord record = {.key = "key", .value = value};
    EXPECT_TRUE(limit.Takes(record));
    record.key = "key2";
    EXPECT_FALSE(limit.Takes(record));
    const CommittingWriter::Refused refused = limit.Refuse("t", record);
    EXPECT_EQ(ErrorCode(refused.error), "SNK-0303");
    EXPECT_EQ(refused.where, "topic out, key 'key2'");
    EXPECT_EQ(refused.raw, value);
    for (const std::string& said :
         {std::string(one.why), absl::StrCat("limit is ", one.bytes),
          absl::StrCat("record of ", one.bytes + 1)}) {
      EXPECT_THAT(std::string(refused.error.message()), HasSubstr(said));
    }
  }
}

}  // namespace
}  // namespace millrace::kafka
