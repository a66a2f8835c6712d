#include "connectors/kafka/broker_inquiry.h"

#include <librdkafka/rdkafka.h>

#include <utility>

namespace millrace::kafka {
namespace {

TopicInquiry::Answer AskBrokers(const ClientHandle& client,
                                int64_t asked_nanos) {
  TopicInquiry::Answer answer = {.asked_nanos = asked_nanos};
  const rd_kafka_metadata_t* metadata = nullptr;
  // Neither all nor one: those that the client has opened.
  answer.error = rd_kafka_metadata(
      client.get(), /*all_topics=*/0, /*only_rkt=*/nullptr, &metadata,
      static_cast<int>(
          absl::ToInt64Milliseconds(BrokerInquiry::kAnswerWithin)));
  if (answer.error != RD_KAFKA_RESP_ERR_NO_ERROR) return answer;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = metadata->topics[i];
    answer.topics[topic.topic] = {.error = topic.err,
                                  .partitions = topic.partition_cnt};
  }
  rd_kafka_metadata_destroy(metadata);
  return answer;
}

}  // namespace

const TopicInquiry::Answer* BrokerInquiry::AnswerSince(int64_t nanos) {
  for (Answer& answer : answers_->TakeAll()) {
    last_ = std::move(answer);
    is_asking_ = false;
  }
  if (last_ && last_->asked_nanos > nanos) return &*last_;
  if (!std::exchange(is_asking_, true)) {
    background_->Post([client = client_, answers = answers_,
                       asked_nanos = clock_->SteadyNanos()] {
      answers->Post(AskBrokers(*client, asked_nanos));
    });
  }
  return nullptr;
}

}  // namespace millrace::kafka
