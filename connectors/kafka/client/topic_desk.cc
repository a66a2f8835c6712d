#include "connectors/kafka/client/topic_desk.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::kafka {
namespace {

using session::Answer;
using session::Outcome;
using session::TopicFacts;

using QueuePtr =
    std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)>;
using EventPtr =
    std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;

int TimeoutMs() {
  return static_cast<int>(absl::ToInt64Milliseconds(TopicDesk::kTimeout));
}

// One request to the brokers as administrators ask them; `send` gets the queue
// for the answer. Null: none came.
template <typename Send>
EventPtr AskAdmin(rd_kafka_t* client, const Send& send) {
  const QueuePtr queue(rd_kafka_queue_new(client), rd_kafka_queue_destroy);
  send(queue.get());
  return EventPtr(rd_kafka_queue_poll(queue.get(), TimeoutMs()),
                  rd_kafka_event_destroy);
}

// What became of making one topic.
Answer OutcomeOf(const rd_kafka_topic_result_t* const* results, size_t count) {
  if (count == 0) return {.outcome = Outcome::kRetriable, .why = "no answer"};
  const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
  const char* text = rd_kafka_topic_result_error_string(results[0]);
  std::string why = text != nullptr ? text : rd_kafka_err2str(error);
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:  // It has as many already.
      return {};
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return {.outcome = Outcome::kRefused, .why = std::move(why)};
    default:
      return {.outcome = Outcome::kRetriable, .why = std::move(why)};
  }
}

void TakeConfig(const rd_kafka_ConfigResource_t* resource, Answer& answer) {
  if (rd_kafka_ConfigResource_error(resource) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return;
  }
  absl::btree_map<std::string, std::string>* into = &answer.broker_config;
  if (rd_kafka_ConfigResource_type(resource) == RD_KAFKA_RESOURCE_TOPIC) {
    for (TopicFacts& topic : answer.topics) {
      if (topic.name == rd_kafka_ConfigResource_name(resource)) {
        into = &topic.config;
      }
    }
  }
  size_t count = 0;
  const auto* const* entries =
      rd_kafka_ConfigResource_configs(resource, &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) {
      (*into)[rd_kafka_ConfigEntry_name(entries[i])] = value;
    }
  }
}

}  // namespace

Answer TopicDesk::Describe(const session::Describe& request) {
  Answer answer;
  for (const std::string& name : request.topics) {
    TopicFacts facts = {.name = name, .config = {}};
    Answer looked = Look(name, facts);
    if (looked.outcome == Outcome::kOk && !facts.exists &&
        answer.topics.empty()) {
      looked = AskFor(name, facts);
    }
    if (looked.outcome != Outcome::kOk) return looked;
    answer.topics.push_back(std::move(facts));
  }
  ReadSettings(answer);
  return answer;
}

Answer TopicDesk::Look(const std::string& topic, TopicFacts& facts) {
  facts.name = topic;
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(
      client_.get(), /*all_topics=*/1, nullptr, &metadata, TimeoutMs());
  return TakeMetadata(error, metadata, facts);
}

Answer TopicDesk::AskFor(const std::string& topic, TopicFacts& facts) {
  rd_kafka_topic_t* const handle =
      rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(
      client_.get(), /*all_topics=*/0, handle, &metadata, TimeoutMs());
  rd_kafka_topic_destroy(handle);
  return TakeMetadata(error, metadata, facts);
}

Answer TopicDesk::TakeMetadata(int error,
                               const struct rd_kafka_metadata* metadata,
                               TopicFacts& facts) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Unanswered(error);
  const std::unique_ptr<const rd_kafka_metadata_t,
                        decltype(&rd_kafka_metadata_destroy)>
      owner(metadata, rd_kafka_metadata_destroy);
  brokers_ = metadata->broker_cnt;
  if (brokers_ > 0) broker_ = metadata->brokers[0].id;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& found = metadata->topics[i];
    if (facts.name != found.topic) continue;
    if (found.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
      return {.outcome = Outcome::kRefused,
              .why = absl::StrCat("topic ", facts.name, ": ",
                                  rd_kafka_err2str(found.err))};
    }
    facts.exists = found.err == RD_KAFKA_RESP_ERR_NO_ERROR;
    facts.partitions = found.partition_cnt;
    for (int p = 0; p < found.partition_cnt; ++p) {
      const int replicas = found.partitions[p].replica_cnt;
      facts.replicas = p == 0 ? replicas : std::min(facts.replicas, replicas);
    }
  }
  return {};
}

void TopicDesk::ReadSettings(Answer& answer) {
  std::vector<rd_kafka_ConfigResource_t*> resources;
  for (const TopicFacts& topic : answer.topics) {
    if (!topic.exists) continue;
    resources.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC,
                                                    topic.name.c_str()));
  }
  resources.push_back(rd_kafka_ConfigResource_new(
      RD_KAFKA_RESOURCE_BROKER, absl::StrCat(broker_).c_str()));
  const EventPtr event = AskAdmin(client_.get(), [&](rd_kafka_queue_t* queue) {
    rd_kafka_DescribeConfigs(client_.get(), resources.data(), resources.size(),
                             nullptr, queue);
  });
  for (rd_kafka_ConfigResource_t* resource : resources) {
    rd_kafka_ConfigResource_destroy(resource);
  }
  const rd_kafka_DescribeConfigs_result_t* result =
      event == nullptr ? nullptr
                       : rd_kafka_event_DescribeConfigs_result(event.get());
  if (result == nullptr) return;
  size_t count = 0;
  const rd_kafka_ConfigResource_t** found =
      rd_kafka_DescribeConfigs_result_resources(result, &count);
  for (size_t i = 0; i < count; ++i) TakeConfig(found[i], answer);
}

Answer TopicDesk::Make(const session::MakeTopic& request) {
  TopicFacts facts;
  const Answer looked = Look(request.name, facts);
  if (looked.outcome != Outcome::kOk) return looked;
  return facts.exists ? Grow(request) : Create(request);
}

Answer TopicDesk::Create(const session::MakeTopic& request) {
  char text[512];
  const int replicas = std::clamp(brokers_, 1, 3);
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(
      request.name.c_str(), request.partitions, replicas, text, sizeof text);
  if (topic == nullptr) return {.outcome = Outcome::kRefused, .why = text};
  rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
  // Only closed segments are compacted, and recovery reads what is left.
  rd_kafka_NewTopic_set_config(topic, "segment.bytes", "16777216");
  if (replicas == 3) {
    rd_kafka_NewTopic_set_config(topic, "min.insync.replicas", "2");
  }
  const EventPtr event = AskAdmin(client_.get(), [&](rd_kafka_queue_t* queue) {
    rd_kafka_CreateTopics(client_.get(), &topic, 1, nullptr, queue);
  });
  rd_kafka_NewTopic_destroy(topic);
  const rd_kafka_CreateTopics_result_t* result =
      event == nullptr ? nullptr
                       : rd_kafka_event_CreateTopics_result(event.get());
  if (result == nullptr) return OutcomeOf(nullptr, 0);
  size_t count = 0;
  const auto* const* topics =
      rd_kafka_CreateTopics_result_topics(result, &count);
  return OutcomeOf(topics, count);
}

Answer TopicDesk::Grow(const session::MakeTopic& request) {
  char text[512];
  rd_kafka_NewPartitions_t* more = rd_kafka_NewPartitions_new(
      request.name.c_str(), request.partitions, text, sizeof text);
  if (more == nullptr) return {.outcome = Outcome::kRefused, .why = text};
  const EventPtr event = AskAdmin(client_.get(), [&](rd_kafka_queue_t* queue) {
    rd_kafka_CreatePartitions(client_.get(), &more, 1, nullptr, queue);
  });
  rd_kafka_NewPartitions_destroy(more);
  const rd_kafka_CreatePartitions_result_t* result =
      event == nullptr ? nullptr
                       : rd_kafka_event_CreatePartitions_result(event.get());
  if (result == nullptr) return OutcomeOf(nullptr, 0);
  size_t count = 0;
  const auto* const* topics =
      rd_kafka_CreatePartitions_result_topics(result, &count);
  return OutcomeOf(topics, count);
}

Answer TopicDesk::Unanswered(int error) const {
  const std::string trouble = client_.last_trouble();
  return {.outcome = Outcome::kRetriable,
          .why = absl::StrCat(
              rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)),
              trouble.empty() ? "" : absl::StrCat(" (", trouble, ")"))};
}

}  // namespace millrace::kafka
