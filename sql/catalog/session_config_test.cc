#include "sql/catalog/session_config.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace::sql {
namespace {

using ::testing::HasSubstr;

TEST(SessionConfigTest, GivesTheDefaultUntilItIsSet) {
  SessionConfig config;
  EXPECT_EQ(config.DurationMillis("pipeline.auto-watermark-interval"), 200);
  ASSERT_TRUE(config.Set("pipeline.auto-watermark-interval", "1 s").ok());
  EXPECT_EQ(config.DurationMillis("pipeline.auto-watermark-interval"), 1000);
}

TEST(SessionConfigTest, ResetsToWhatItBeganWith) {
  SessionConfig config(SessionConfig::Map{{"parallelism.default", "3"}});
  ASSERT_TRUE(config.Set("parallelism.default", "5").ok());
  ASSERT_TRUE(config.Set("pipeline.name", "x").ok());
  ASSERT_TRUE(config.Reset("parallelism.default").ok());
  EXPECT_EQ(config.Parallelism(), 3);
  config.ResetAll();
  EXPECT_FALSE(config.IsSet("pipeline.name"));
}

TEST(SessionConfigTest, TheTablesParallelismGoesFirst) {
  SessionConfig config(SessionConfig::Map{{"parallelism.default", "3"}});
  ASSERT_TRUE(
      config.Set("table.exec.resource.default-parallelism", "4").ok());
  EXPECT_EQ(config.Parallelism(), 4);
}

TEST(SessionConfigTest, NamesTheNearestOfAnUnknownKey) {
  SessionConfig config;
  const absl::Status status = config.Set("paralelism.default", "2");
  EXPECT_EQ(ErrorCode(status), "CFG-0001");
  EXPECT_THAT(std::string(status.message()), HasSubstr("parallelism.default"));
  EXPECT_EQ(ErrorCode(config.Reset("nonsense")), "CFG-0001");
}

TEST(SessionConfigTest, RefusesValuesThatTheirKeyDoesNotTake) {
  SessionConfig config;
  for (const auto& [key, value] :
       {std::pair{"parallelism.default", "many"},
        std::pair{"pipeline.object-reuse", "1"},
        std::pair{"table.exec.state.ttl", "long"},
        std::pair{"taskmanager.memory.process.size", "huge"},
        std::pair{"table.exec.sink.not-null-enforcer", "IGNORE"},
        std::pair{"table.exec.sink.type-length-enforcer", "trim-pad"},
        std::pair{"table.local-time-zone", "Mars/Olympus"}}) {
    EXPECT_EQ(ErrorCode(config.Set(key, value)), "CFG-0002") << key;
  }
}

TEST(SessionConfigTest, ChoicesAreKeptAsTheirKeyWritesThem) {
  SessionConfig config;
  ASSERT_TRUE(
      config.Set("table.exec.sink.type-length-enforcer", "trim_pad").ok());
  EXPECT_EQ(config.Get("table.exec.sink.type-length-enforcer"), "TRIM_PAD");
}

TEST(SessionConfigTest, RefusesKeysThatMustNotBeLeftOutUnnoticed) {
  SessionConfig config;
  EXPECT_EQ(ErrorCode(config.Set("security.ssl.rest.enabled", "true")),
            "CFG-0004");
}

TEST(SessionConfigTest, TakesFlinksOtherKeys) {
  SessionConfig config;
  EXPECT_TRUE(config.Set("state.backend.rocksdb.metrics.x", "true").ok());
  EXPECT_TRUE(config.Set("table.exec.mini-batch.size", "5000").ok());
}

TEST(SessionConfigTest, ItsTimeZoneIsUtcByDefault) {
  SessionConfig config;
  EXPECT_EQ(config.LocalTimeZone()->id(), "UTC");
  ASSERT_TRUE(config.Set("table.local-time-zone", "Europe/Berlin").ok());
  EXPECT_EQ(config.LocalTimeZone()->id(), "Europe/Berlin");
}

}  // namespace
}  // namespace millrace::sql
