#include "connectors/kafka/client/transactional_producer.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

using session::Answer;
using session::Outcome;

constexpr int kProduceRequest = 0;  // Kafka's number.
constexpr int kQueued = 10;

// More records than the library's queue holds.
std::shared_ptr<const SealedChunk> LongChunk() {
  auto chunk = std::make_shared<SealedChunk>();
  chunk->topics = {"out"};
  chunk->records = 10 * kQueued;
  BlockWriter writer;
  for (int i = 0; i < chunk->records; ++i) {
    writer.Append({.value = "value"}, chunk->blocks);
  }
  writer.Flush(chunk->blocks);
  return chunk;
}

// Of a chunk whose records the library's own model of a broker answers with
// `error`.
Answer AnswerWhere(rd_kafka_resp_err_t error) {
  auto producer = TransactionalProducer::Open(
      {.transactional_id = "t",
       .properties = {
           {"bootstrap.servers", "none:1"},
           {"test.mock.num.brokers", "1"},
           {"queue.buffering.max.messages", absl::StrCat(kQueued)}}});
  EXPECT_TRUE(producer.ok()) << producer.status();
  Answer answer = (*producer)->Init();
  while (answer.outcome == Outcome::kRetriable) answer = (*producer)->Init();
  EXPECT_EQ(answer.outcome, Outcome::kOk) << answer.why;
  rd_kafka_mock_cluster_t* const brokers =
      rd_kafka_handle_mock_cluster((*producer)->client().get());
  rd_kafka_mock_topic_create(brokers, "out", 1, 1);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_mock_push_request_errors(brokers, kProduceRequest, 1, error);
  }
  return (*producer)->Send(LongChunk());
}

TEST(TransactionalProducerTest, TellsWhyAChunkIsRefusedThatFillsTheQueue) {
  const Answer unauthorized =
      AnswerWhere(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  EXPECT_EQ(unauthorized.outcome, Outcome::kRefused) << unauthorized.why;
  EXPECT_FALSE(unauthorized.is_too_large);
  const Answer too_large = AnswerWhere(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  EXPECT_EQ(too_large.outcome, Outcome::kRefused) << too_large.why;
  EXPECT_TRUE(too_large.is_too_large);
}

TEST(TransactionalProducerTest, SendsAChunkThatFillsTheQueue) {
  const Answer answer = AnswerWhere(RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(answer.outcome, Outcome::kOk) << answer.why;
}

}  // namespace
}  // namespace millrace::kafka
