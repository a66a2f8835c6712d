#include "jobmanager/checkpoint_config.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/config_keys.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using Retention = CheckpointConfig::Retention;

const std::string kPrefix = "execution.checkpointing.";

CheckpointConfig Parsed(const TableOptions& job,
                        const TableOptions& cluster = {}) {
  const auto config = ParseCheckpointConfig(job, cluster);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(CheckpointConfig());
}

TEST(CheckpointConfigTest, HasTheDefaultsThatTheTableOfKeysSays) {
  TableOptions defaults;
  for (const ConfigKey& key : AllConfigKeys()) {
    if (key.default_value.empty()) continue;
    defaults[std::string(key.key)] = std::string(key.default_value);
  }
  for (const CheckpointConfig& config : {Parsed({}), Parsed(defaults)}) {
    EXPECT_EQ(config.interval, absl::Seconds(10));
    EXPECT_EQ(config.min_pause, absl::ZeroDuration());
    EXPECT_EQ(config.timeout, absl::Minutes(10));
    EXPECT_EQ(config.tolerable_failures, 0);
    EXPECT_EQ(config.retained, 3);
    EXPECT_EQ(config.retention, Retention::kRetain);
  }
}

TEST(CheckpointConfigTest, ReadsEveryKey) {
  const CheckpointConfig config =
      Parsed({{kPrefix + "interval", "500 ms"},
              {kPrefix + "min-pause", "2 s"},
              {kPrefix + "timeout", "1 min"},
              {kPrefix + "tolerable-failed-checkpoints", "4"},
              {kPrefix + "num-retained", "1"},
              {kPrefix + "externalized-checkpoint-retention",
               "delete_on_cancellation"},
              {kPrefix + "dir", "/c"},
              {kPrefix + "savepoint-dir", "/s"}});
  EXPECT_EQ(config.interval, absl::Milliseconds(500));
  EXPECT_EQ(config.min_pause, absl::Seconds(2));
  EXPECT_EQ(config.timeout, absl::Minutes(1));
  EXPECT_EQ(config.tolerable_failures, 4);
  EXPECT_EQ(config.retained, 1);
  EXPECT_EQ(config.retention, Retention::kDeleteOnCancellation);
  EXPECT_EQ(config.directory, "/c");
  EXPECT_EQ(config.savepoint_directory, "/s");
}

TEST(CheckpointConfigTest, TakesTheJobsWordUnderAnyNameBeforeTheClusters) {
  const CheckpointConfig config = Parsed(
      {{"state.checkpoints.num-retained", "5"},
       {"state.checkpoints.dir", "/j"}},
      {{kPrefix + "num-retained", "9"},
       {kPrefix + "timeout", "2 min"},
       {"state.savepoints.dir", "/s"}});
  EXPECT_EQ(config.retained, 5);
  EXPECT_EQ(config.timeout, absl::Minutes(2));
  EXPECT_EQ(config.directory, "/j");
  EXPECT_EQ(config.savepoint_directory, "/s");
}

TEST(CheckpointConfigTest, AnIntervalOfZeroIsNone) {
  EXPECT_FALSE(Parsed({{kPrefix + "interval", "0"}}).periodic());
  EXPECT_TRUE(Parsed({}).periodic());
}

TEST(CheckpointConfigTest, RefusesWhatMakesNoSense) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{
           {"interval", "9 ms"},
           {"interval", "often"},
           {"timeout", "0"},
           {"min-pause", "-1 s"},
           {"num-retained", "0"},
           {"tolerable-failed-checkpoints", "-1"},
           {"externalized-checkpoint-retention", "SOME"}}) {
    const auto config = ParseCheckpointConfig({{kPrefix + key, value}}, {});
    EXPECT_EQ(ErrorCode(config.status()), "CFG-0002") << key;
    EXPECT_THAT(std::string(config.status().message()),
                HasSubstr(kPrefix + key));
  }
}

}  // namespace
}  // namespace millrace
