#include "connectors/kafka/exactly_once/sink_topics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SinkTopicsTest : public testing::Test {
 protected:
  SinkTopicsTest() {
    answer_.topics = {
        {.name = "out", .exists = true, .partitions = 3, .replicas = 3,
         .config = {{"cleanup.policy", "delete"},
                    {"min.insync.replicas", "2"}}},
        {.name = "__p_commits", .exists = true, .partitions = 4, .replicas = 3,
         .config = {{"cleanup.policy", "compact"},
                    {"min.insync.replicas", "2"}}}};
  }

  TopicFindings Check() { return CheckTopics(topics_, answer_); }
  session::TopicFacts& output() { return answer_.topics[0]; }
  session::TopicFacts& commits() { return answer_.topics[1]; }

  SinkTopics topics_ = {.table = "t",
                        .brokers = "b:1",
                        .output = "out",
                        .commits = "__p_commits",
                        .partitions = 4,
                        .transaction_timeout = absl::Seconds(60)};
  session::Answer answer_;
};

TEST_F(SinkTopicsTest, AreFine) {
  const TopicFindings found = Check();
  EXPECT_TRUE(found.wrong.ok()) << found.wrong;
  EXPECT_EQ(found.make, std::nullopt);
  EXPECT_THAT(found.warnings, IsEmpty());
}

TEST_F(SinkTopicsTest, AnOutputTopicThatIsMissingMayStillCome) {
  output() = {.name = "out", .config = {}};
  EXPECT_TRUE(absl::IsUnavailable(Check().wrong));
  EXPECT_THAT(std::string(Check().wrong.message()),
              HasSubstr("kafka-topics.sh --bootstrap-server b:1 --create "
                        "--topic out"));
}

TEST_F(SinkTopicsTest, ACommitsTopicThatIsMissingOrTooSmallIsMade) {
  for (const int partitions : {0, 3}) {
    commits().exists = partitions > 0;
    commits().partitions = partitions;
    const TopicFindings found = Check();
    ASSERT_TRUE(found.make.has_value());
    EXPECT_EQ(found.make->name, "__p_commits");
    EXPECT_EQ(found.make->partitions, 4);
  }
}

TEST_F(SinkTopicsTest, ACommitsTopicIsCompactedAndNothingElse) {
  for (const char* policy : {"delete", "compact,delete"}) {
    commits().config["cleanup.policy"] = policy;
    const absl::Status wrong = Check().wrong;
    EXPECT_TRUE(absl::IsInvalidArgument(wrong));
    EXPECT_THAT(std::string(wrong.message()),
                HasSubstr("--add-config cleanup.policy=compact"));
  }
}

TEST_F(SinkTopicsTest, BrokersHaveALongestTransaction) {
  answer_.broker_config["transaction.max.timeout.ms"] = "60000";
  EXPECT_TRUE(Check().wrong.ok());
  answer_.broker_config["transaction.max.timeout.ms"] = "59999";
  EXPECT_THAT(std::string(Check().wrong.message()),
              HasSubstr("transaction.max.timeout.ms is 59999"));
}

TEST_F(SinkTopicsTest, WarnOfWhatADyingBrokerTakesAlong) {
  output().replicas = 1;
  commits().config["min.insync.replicas"] = "1";
  commits().config["unclean.leader.election.enable"] = "true";
  EXPECT_THAT(Check().warnings,
              ElementsAre(HasSubstr("'out' has 1 replica"),
                          HasSubstr("min.insync.replicas=2"),
                          HasSubstr("unclean.leader.election.enable=false")));
}

TEST_F(SinkTopicsTest, SettingsThatMayNotBeReadAreNotJudged) {
  output().config.clear();
  commits().config.clear();
  EXPECT_TRUE(Check().wrong.ok());
}

}  // namespace
}  // namespace millrace::kafka
