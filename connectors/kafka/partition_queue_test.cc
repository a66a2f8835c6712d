#include "connectors/kafka/partition_queue.h"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace::kafka {
namespace {

constexpr char kRead[] = "in";

// Brokers that say what a test wants.
class Doctored final : public TopicInquiry {
 public:
  explicit Doctored(const Clock* clock) : clock_(clock) {}
  const Answer* AnswerSince(int64_t) override {
    ++asked;
    answer_.asked_nanos = clock_->SteadyNanos();
    return &answer_;
  }
  void SayItIs() { Say({.partitions = 1}); }
  void SayItHasFewerPartitions() { Say({}); }
  void SayItIsNot() { Say({.error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART}); }
  void SayNothing() { answer_ = {.error = RD_KAFKA_RESP_ERR__TRANSPORT}; }

  int asked = 0;

 private:
  void Say(const Topic& topic) { answer_ = {.topics = {{kRead, topic}}}; }

  const Clock* const clock_;
  Answer answer_;
};

// The queue of one partition, of a client that knows no broker.
class PartitionQueueTest : public ::testing::Test {
 protected:
  PartitionQueueTest() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(
        conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    char why[256];
    rd_kafka_t* const client =
        rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    auto trouble = std::make_unique<LastTrouble>();
    trouble_ = trouble.get();
    client_ = std::make_unique<ClientHandle>(
        client, ClientHandle::Role::kConsumer, std::move(trouble));
    auto queue = PartitionQueue::Open(
        {.topic = kRead, .partition = 0, .next_offset = 5},
        {.client = client_.get(),
         .inquiry = &brokers_,
         .clock = &clock_,
         .wake = &wake_});
    EXPECT_TRUE(queue.ok()) << queue.status();
    queue_ = *std::move(queue);
  }

  // A broker tells the client that the partition is not there.
  absl::Status LosePartition() {
    trouble_->SetPartitionGone();
    return Fetch();
  }
  absl::Status Fetch() { return queue_->Fetch(10).status(); }
  // A turn each second; the first error.
  absl::Status For(absl::Duration time) {
    for (; time > absl::ZeroDuration(); time -= absl::Seconds(1)) {
      clock_.AdvanceBy(absl::Seconds(1));
      const absl::Status fetched = Fetch();
      if (!fetched.ok()) return fetched;
    }
    return absl::OkStatus();
  }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  const std::function<void()> wake_ = [] {};
  Doctored brokers_{&clock_};
  LastTrouble* trouble_ = nullptr;
  std::unique_ptr<ClientHandle> client_;
  std::unique_ptr<PartitionQueue> queue_;
};

const absl::Duration kAlmost =
    PartitionQueue::kPatience - absl::Seconds(1);

TEST_F(PartitionQueueTest, GoesOnWhereBrokersTakeBackInTimeWhatTheySaid) {
  ASSERT_TRUE(For(absl::Hours(1)).ok());
  EXPECT_EQ(brokers_.asked, 0) << "nobody doubts";
  brokers_.SayItIsNot();
  ASSERT_TRUE(LosePartition().ok());
  ASSERT_TRUE(For(kAlmost).ok());
  EXPECT_EQ(brokers_.asked, kAlmost / absl::Seconds(1));
  brokers_.SayItIs();
  ASSERT_TRUE(For(absl::Hours(1)).ok());
  EXPECT_EQ(brokers_.asked, kAlmost / absl::Seconds(1) + 1)
      << "it is fetched from again";
  EXPECT_EQ(queue_->position().next_offset, 5);
}

TEST_F(PartitionQueueTest, BelievesWhatIsSaidForSoLong) {
  brokers_.SayItIsNot();
  ASSERT_TRUE(LosePartition().ok());
  ASSERT_TRUE(For(kAlmost).ok());
  EXPECT_EQ(ErrorCode(For(absl::Seconds(1))), "SRC-0305");
}

TEST_F(PartitionQueueTest, BelievesThatPartitionsWentLikewise) {
  brokers_.SayItHasFewerPartitions();
  ASSERT_TRUE(LosePartition().ok());
  ASSERT_TRUE(For(kAlmost).ok());
  EXPECT_EQ(ErrorCode(For(absl::Seconds(1))), "SRC-0305");
}

TEST_F(PartitionQueueTest, BelievesNothingWhereNobodyAnswers) {
  brokers_.SayNothing();
  ASSERT_TRUE(LosePartition().ok());
  ASSERT_TRUE(For(absl::Hours(1)).ok());
  brokers_.SayItIsNot();
  ASSERT_TRUE(For(kAlmost).ok());
  brokers_.SayNothing();
  ASSERT_TRUE(For(absl::Seconds(1)).ok());
  brokers_.SayItIsNot();
  ASSERT_TRUE(For(PartitionQueue::kPatience).ok()) << "patience begins anew";
  EXPECT_EQ(ErrorCode(For(absl::Seconds(1))), "SRC-0305");
}

}  // namespace
}  // namespace millrace::kafka
